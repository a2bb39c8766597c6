# Two commands set everything up on a fresh Debian-like machine with git and Rust:
#   make sandbox   the whole outside world on this machine, and one purchase played through it
#   make test      the same, and every test
#
# Tools that are missing are installed (Debian packages, with sudo when not root). On other systems the first
# line of output says what to install.

SHELL := /bin/sh
CARGO ?= cargo
# The host's PHP has functions of its own in the place of these.
HOST_TIME := disable_functions=time,microtime,date,gmdate,idate,strtotime,mktime,gmmktime,getdate,localtime,date_create,date_create_immutable
# Debug builds are quick to make; PROFILE=release measures.
PROFILE ?= dev
WHARF := target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/wharf

.PHONY: help sandbox story test lint php-test bench soak tools tools-test build

help:
	@echo "make sandbox   start the sandbox, play a purchase, stay up until Ctrl-C"
	@echo "make story     play a purchase in a throwaway sandbox and exit with its result"
	@echo "make test      run every test"
	@echo "make lint      formatting, clippy, PHP syntax"
	@echo "make bench     measure what docs/performance.md shows"
	@echo "make soak      the slow ones: many stories with random faults, long fuzzing (SOAK_MINUTES=60: an hour of them)"

sandbox: tools build
	$(WHARF) sandbox

story: tools build
	$(WHARF) story purchase --fresh

test: tools-test build lint php-test
	tests/bin/with-postgres $(CARGO) nextest run --workspace --cargo-profile $(PROFILE) --no-fail-fast

lint: tools-test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	find modules sandbox/host/php tests/independent/modules -name '*.php' -print0 | xargs -0 -n 1 -P 2 php -d $(HOST_TIME) -l >/dev/null

php-test: tools-test
	phpunit --configuration modules/tests/phpunit.xml
	phpunit --configuration sandbox/host/php/tests/phpunit.xml

bench: tools
	bench/run

soak: tools-test build
	tests/bin/soak-parsers
	tests/bin/with-postgres $(CARGO) nextest run --profile soak --release -p wharf-payments --test engine --run-ignored ignored-only
	tests/bin/soak

build:
	$(CARGO) build --workspace --profile $(PROFILE)

tools:
	@tests/bin/tools sandbox

tools-test:
	@tests/bin/tools test
