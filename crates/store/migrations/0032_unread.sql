-- Messages that nobody has tried to read are few among very many: they are found without looking past what was read.
CREATE INDEX payment_messages_unread ON payment_messages (stored_at, id) WHERE state = 'new' AND tries = 0;
