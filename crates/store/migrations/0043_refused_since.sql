-- Since when a phone's deliveries are refused, without an accepted one between; 0: they are not.
ALTER TABLE payment_devices ADD COLUMN refused_since BIGINT NOT NULL DEFAULT 0;
UPDATE payment_devices SET refused_since = refused_at WHERE refused_at > seen_at;
