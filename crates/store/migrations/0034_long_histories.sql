-- What years of payments would make slow to find.
CREATE INDEX effects_kind ON effects (kind, id);
DROP INDEX effects_subject;
CREATE INDEX effects_subject ON effects (subject, kind, id);
-- Money that is credited, while its invoice waits for it.
CREATE INDEX payment_claims_unapplied ON payment_claims (transfer)
    WHERE invoice IS NOT NULL AND applied IS NULL AND transfer IS NOT NULL;
