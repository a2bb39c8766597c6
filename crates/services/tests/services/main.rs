//! Services against a supplier that fails in every way, on both databases.
//!
//! What must hold, and which test says so (`wharf services connectors conform` asks a live supplier what it can be asked):
//!
//! | case | test |
//! |---|---|
//! | the same create 100 times at once | `once::a_hundred_at_once_are_one` |
//! | cut after the commit at each step | `once::an_answer_lost_or_garbled_after_the_commit_makes_nothing_twice` |
//! | 409 for the same attributes, and for others | `once::what_is_there_is_used_and_what_is_another_s_is_a_clear_conflict` |
//! | 429 and Retry-After | `wire::too_many_requests_are_waited_for_as_long_as_it_says` |
//! | 500, then fine | `wire::an_error_of_the_supplier_passes` |
//! | 202 and polling | `pending::what_is_pending_is_told_in_words_and_completes_by_itself` |
//! | a rule for passwords is violated | `refused::a_rule_for_passwords_that_is_broken_is_told_in_the_supplier_s_words` |
//! | half-created, then refused | `refused::what_was_made_is_taken_back_in_reverse_order` |
//! | terminate of what is missing | `life::what_was_ended_at_the_supplier_by_hand_is_terminated` |
//! | suspend twice | `life::a_service_lives_from_order_to_end_and_again` |
//! | change package to the same plan | `changing::a_package_is_changed_once_and_the_same_one_is_no_change` |
//! | killed between any two steps, undone ones too, and while polling | `killed` |
//! | black-holed while pages are read | `pages::a_black_hole_costs_a_page_its_deadline_and_no_more` |
//! | token wrong | `pages::a_connection_test_says_what_is_wrong` |
//! | TLS certificate wrong | `wire::a_wrong_certificate_is_refused_in_words_and_nothing_is_sent` |
//! | an answer of 10 MB | `wire::an_answer_of_ten_megabytes_is_not_read_and_the_service_is_looked_for` |
//! | HTML instead of JSON | `wire::html_instead_of_json_is_no_answer` |
//! | a template that loops | `wire::a_text_that_loops_ends_in_a_clear_error` |
//! | an orphan at a service broker | `orphans` |

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail"
)]

mod before;
mod changing;
mod harness;
mod killed;
mod life;
mod module;
mod once;
mod orphans;
mod pages;
mod pending;
mod refused;
mod review;
mod supplier;
mod telling;
mod trial;
mod wire;
