-- The log in PostgreSQL 14 or later, in a schema of its own beside the records. Run whenever this file is
-- another than was run last; what is there stays. Why it is as it is: docs/decisions/0009-the-log-on-postgresql.md.

CREATE SCHEMA IF NOT EXISTS plumbline_log;

CREATE TABLE IF NOT EXISTS plumbline_log.stream (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text COLLATE "C" NOT NULL, agent text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL,
    UNIQUE (site, agent, stream));

-- Which numbers of a stream have come, for good. The key is by `last`: what comes next touches the newest range.
CREATE TABLE IF NOT EXISTS plumbline_log.seen (
    stream bigint NOT NULL REFERENCES plumbline_log.stream, first bigint NOT NULL, last bigint NOT NULL,
    PRIMARY KEY (stream, last), CHECK (first <= last));

CREATE SEQUENCE IF NOT EXISTS plumbline_log.offsets;

CREATE TABLE IF NOT EXISTS plumbline_log.batch (
    "offset" bigint PRIMARY KEY, accepted_at bigint NOT NULL,
    stream bigint NOT NULL REFERENCES plumbline_log.stream, seq bigint NOT NULL,
    payload bytea NOT NULL,
    UNIQUE (stream, seq));
-- The proof of the bytes as they came, where the payload is only what could be taken of them.
ALTER TABLE plumbline_log.batch ADD COLUMN IF NOT EXISTS came bytea;
-- Payloads are compressed already.
ALTER TABLE plumbline_log.batch ALTER payload SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS batch_by_age ON plumbline_log.batch (accepted_at);

-- What is kept of trimmed batches: of consecutive numbers from `first` on, the first 8 bytes of the SHA-256 of each.
CREATE TABLE IF NOT EXISTS plumbline_log.proof (
    stream bigint NOT NULL REFERENCES plumbline_log.stream, first bigint NOT NULL, accepted_at bigint NOT NULL,
    proofs bytea NOT NULL, PRIMARY KEY (stream, first));
CREATE INDEX IF NOT EXISTS proof_by_age ON plumbline_log.proof (accepted_at);

-- The highest offset that was trimmed.
CREATE TABLE IF NOT EXISTS plumbline_log.trimmed (
    id boolean PRIMARY KEY DEFAULT true CHECK (id), up_to bigint NOT NULL);
INSERT INTO plumbline_log.trimmed (up_to) VALUES (0) ON CONFLICT DO NOTHING;

-- One call is one transaction in one message: a client that freezes leaves nothing open. Workers of an older
-- version call the one without proofs, which stays where it is.
CREATE OR REPLACE FUNCTION plumbline_log.append(
    accepted bigint, streams bigint[], seqs bigint[], payloads bytea[], proofs bytea[])
RETURNS TABLE (place bigint, "offset" bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- Says until the commit: whatever I add lies behind this offset. It must be said before an offset is taken.
    PERFORM pg_advisory_xact_lock_shared(
        :mark | (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM plumbline_log.offsets));
    -- Of two workers with the same stream one waits here; in one order, so that they never wait for each other.
    PERFORM FROM plumbline_log.stream WHERE id = ANY (streams) ORDER BY id FOR NO KEY UPDATE;
    RETURN QUERY
    WITH came AS (
        SELECT * FROM unnest(streams, seqs) WITH ORDINALITY AS one (stream, seq, place)
    ), span AS (
        SELECT stream, min(seq) - 1 AS low, max(seq) + 1 AS high FROM came GROUP BY stream
    ), touched AS (
        DELETE FROM plumbline_log.seen USING span
        WHERE seen.stream = span.stream AND seen.last >= span.low AND seen.first <= span.high
        RETURNING seen.stream, int8range(seen.first, seen.last, '[]') AS numbers
    ), known AS (
        SELECT stream, range_agg(numbers) AS numbers FROM touched GROUP BY stream
    ), kept AS (
        INSERT INTO plumbline_log.seen (stream, first, last)
        SELECT stream, lower(numbers), upper(numbers) - 1 FROM (
            SELECT stream, unnest(range_agg(numbers)) AS numbers FROM (
                SELECT stream, numbers FROM touched
                UNION ALL SELECT stream, int8range(seq, seq, '[]') FROM came
            ) AS one GROUP BY stream) AS merged
    ), fresh AS (
        SELECT DISTINCT ON (stream, seq) stream, seq, place FROM came LEFT JOIN known USING (stream)
        WHERE known.numbers IS NULL OR NOT known.numbers @> seq
        ORDER BY stream, seq, place
    ), numbered AS MATERIALIZED (
        SELECT place, nextval('plumbline_log.offsets') AS "offset", stream, seq
        FROM (SELECT * FROM fresh ORDER BY place) AS one
    ), stored AS (
        INSERT INTO plumbline_log.batch ("offset", accepted_at, stream, seq, payload, came)
        SELECT "offset", accepted, stream, seq, payloads[place], proofs[place] FROM numbered
    )
    SELECT place, "offset" FROM numbered;
    IF FOUND THEN
        PERFORM pg_notify('plumbline_log', '');
    END IF;
END $$;
