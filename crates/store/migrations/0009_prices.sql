-- What a registrar account sells, as its price list said last.
CREATE TABLE price_books (
    account TEXT PRIMARY KEY,
    live BIGINT NOT NULL,
    body TEXT NOT NULL,
    taken_at BIGINT NOT NULL
);
