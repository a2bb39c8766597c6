CREATE FUNCTION payment_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is kept as it is', TG_TABLE_NAME; END $$;
CREATE TRIGGER payment_audit_kept BEFORE UPDATE OR DELETE ON payment_audit
FOR EACH ROW EXECUTE FUNCTION payment_kept();
CREATE TRIGGER payment_transfers_evidence BEFORE UPDATE OF store, wallet, operator_id, message, amount, phone, balance ON payment_transfers
FOR EACH ROW EXECUTE FUNCTION payment_kept();
CREATE TRIGGER payment_messages_evidence BEFORE UPDATE OF store, device, sender, body, sent_at, stored_at ON payment_messages
FOR EACH ROW EXECUTE FUNCTION payment_kept();
