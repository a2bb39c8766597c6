-- Forwarder phones: what they say about themselves, and what is wrong with them.

-- "heartbeat_minutes": how often a sign of life is due; 0: not watched; -1: as usual, once a heartbeat has come.
-- "sources": networks it may deliver from, blanks between; empty: any.
ALTER TABLE payment_devices ADD COLUMN heartbeat_minutes BIGINT NOT NULL DEFAULT -1;
ALTER TABLE payment_devices ADD COLUMN sources TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_devices ADD COLUMN beat_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_devices ADD COLUMN message_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_devices ADD COLUMN battery BIGINT;
ALTER TABLE payment_devices ADD COLUMN charging BIGINT;
ALTER TABLE payment_devices ADD COLUMN refused_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_devices ADD COLUMN refused_why TEXT;

-- Which wallets' messages come through which SIM card of a phone. No row: any.
CREATE TABLE payment_device_sims (
    device TEXT NOT NULL,
    sim TEXT NOT NULL,
    wallet TEXT NOT NULL,
    PRIMARY KEY (device, sim, wallet)
);

-- What is wrong now; the audit log has when it began and ended. kind: silent | battery | refused
CREATE TABLE payment_device_alarms (
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (device, kind)
);

-- Signatures that do not cover what they came with, for as long as they are valid.
CREATE TABLE payment_intake_signatures (
    device TEXT NOT NULL,
    signature TEXT NOT NULL,
    content TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (device, signature)
);
CREATE INDEX payment_intake_signatures_until ON payment_intake_signatures (until);

-- "content": a digest of store, sender and text, without any time. "sim": the card it came to, as the app calls it.
ALTER TABLE payment_messages ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_messages ADD COLUMN sim TEXT;
CREATE INDEX payment_messages_content ON payment_messages (content, sent_at);
