CREATE TRIGGER payment_audit_kept BEFORE UPDATE ON payment_audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER payment_audit_stays BEFORE DELETE ON payment_audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER payment_transfers_evidence BEFORE UPDATE OF store, wallet, operator_id, message, amount, phone, balance ON payment_transfers
BEGIN SELECT RAISE(ABORT, 'what a message said of a transfer is never changed'); END;
CREATE TRIGGER payment_messages_evidence BEFORE UPDATE OF store, device, sender, body, sent_at, stored_at ON payment_messages
BEGIN SELECT RAISE(ABORT, 'a message is kept as it came'); END;
