-- A new balance is measured by the last one trusted (1), however many gaps stand between them.
CREATE INDEX payment_links_trusted ON payment_links
    (wallet, (CASE standing WHEN 'gap' THEN 0 WHEN 'out' THEN 0 ELSE 1 END), seq, rank, happened_at, id);
-- Few among many: what people and enquiries told, and what a numbered message takes behind it.
CREATE INDEX payment_links_told ON payment_links (wallet, standing, seq) WHERE standing = 'vouched' OR kind = 'enquiry';
CREATE INDEX payment_links_unnumbered ON payment_links (wallet, happened_at, seq) WHERE rank = 1;
