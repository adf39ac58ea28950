--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: plumbline_log; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA plumbline_log;


--
-- Name: SCHEMA plumbline_log; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA plumbline_log IS '6d571d7ae0c0ecfeae246cfc0ab2ec54';


--
-- Name: append(bigint, bigint[], bigint[], bytea[]); Type: FUNCTION; Schema: plumbline_log; Owner: -
--

CREATE FUNCTION plumbline_log.append(accepted bigint, streams bigint[], seqs bigint[], payloads bytea[]) RETURNS TABLE(place bigint, "offset" bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
BEGIN
    -- Says until the commit: whatever I add lies behind this offset. It must be said before an offset is taken.
    PERFORM pg_advisory_xact_lock_shared(
        8100849829732679680 | (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM plumbline_log.offsets));
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
        INSERT INTO plumbline_log.batch ("offset", accepted_at, stream, seq, payload)
        SELECT "offset", accepted, stream, seq, payloads[place] FROM numbered
    )
    SELECT place, "offset" FROM numbered;
    IF FOUND THEN
        PERFORM pg_notify('plumbline_log', '');
    END IF;
END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: batch; Type: TABLE; Schema: plumbline_log; Owner: -
--

CREATE TABLE plumbline_log.batch (
    "offset" bigint NOT NULL,
    accepted_at bigint NOT NULL,
    stream bigint NOT NULL,
    seq bigint NOT NULL,
    payload bytea NOT NULL
);
ALTER TABLE ONLY plumbline_log.batch ALTER COLUMN payload SET STORAGE EXTERNAL;


--
-- Name: offsets; Type: SEQUENCE; Schema: plumbline_log; Owner: -
--

CREATE SEQUENCE plumbline_log.offsets
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: seen; Type: TABLE; Schema: plumbline_log; Owner: -
--

CREATE TABLE plumbline_log.seen (
    stream bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT seen_check CHECK ((first <= last))
);


--
-- Name: stream; Type: TABLE; Schema: plumbline_log; Owner: -
--

CREATE TABLE plumbline_log.stream (
    id bigint NOT NULL,
    site text NOT NULL COLLATE pg_catalog."C",
    agent text NOT NULL COLLATE pg_catalog."C",
    stream text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: stream_id_seq; Type: SEQUENCE; Schema: plumbline_log; Owner: -
--

ALTER TABLE plumbline_log.stream ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME plumbline_log.stream_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: trimmed; Type: TABLE; Schema: plumbline_log; Owner: -
--

CREATE TABLE plumbline_log.trimmed (
    id boolean DEFAULT true NOT NULL,
    up_to bigint NOT NULL,
    CONSTRAINT trimmed_id_check CHECK (id)
);


--
-- Data for Name: batch; Type: TABLE DATA; Schema: plumbline_log; Owner: -
--

INSERT INTO plumbline_log.batch VALUES (121, 1763578801500, 1, 121, '\x7b2276223a312c2273747265616d223a2230314b4157395132563759384d334e3550365238533054325734222c22736571223a3132312c2273656e74223a313736333537383830313030302c226672616d6573223a5b7b22646576696365223a226d657465722d6d61696e222c2274696d65223a5b313736333531343030303030302c313736333533353630303030302c313736333535373230303030302c313736333537383830303030305d2c2276616c756573223a7b226163746976655f706f776572223a5b36302e302c3832302e352c313431302e302c39352e305d2c226163746976655f656e657267795f696d706f7274223a5b323533302e302c323533312e302c323533322e302c323533332e305d7d7d2c7b22646576696365223a2274682d62617468222c2274696d65223a5b313736333531343030303030302c313736333533353630303030305d2c2276616c756573223a7b2274656d7065726174757265223a5b31382e352c32322e32355d2c2272656c61746976655f68756d6964697479223a5b38302e302c36312e355d7d7d5d2c226576656e7473223a5b7b22646576696365223a2267617465222c2274696d65223a313736333533353630303030302c226b696e64223a226261646765222c226261646765223a22623a3030303030303030303030303030303030303030303030303030303030313638222c22646972656374696f6e223a22696e222c226d61726b223a6e756c6c2c227175616e74697479223a6e756c6c2c22726561736f6e223a6e756c6c7d2c7b22646576696365223a2267617465222c2274696d65223a313736333537383830303030302c226b696e64223a226261646765222c226261646765223a22623a3030303030303030303030303030303030303030303030303030303030313638222c22646972656374696f6e223a226f7574222c226d61726b223a6e756c6c2c227175616e74697479223a6e756c6c2c22726561736f6e223a6e756c6c7d5d7d');
INSERT INTO plumbline_log.batch VALUES (122, 1763838001500, 1, 122, '\x7b2276223a312c2273747265616d223a2230314b4157395132563759384d334e3550365238533054325734222c22736571223a3132322c2273656e74223a313736333833383030313030302c226672616d6573223a5b7b22646576696365223a226d657465722d6d61696e222c2274696d65223a5b313736333737333230303030302c313736333739343830303030302c313736333831363430303030302c313736333833383030303030305d2c2276616c756573223a7b226163746976655f706f776572223a5b36302e302c3832302e352c313431302e302c39352e305d2c226163746976655f656e657267795f696d706f7274223a5b323534322e37352c323534332e37352c323534342e37352c323534352e37355d7d7d2c7b22646576696365223a2274682d62617468222c2274696d65223a5b313736333737333230303030302c313736333739343830303030305d2c2276616c756573223a7b2274656d7065726174757265223a5b31382e352c32352e32355d2c2272656c61746976655f68756d6964697479223a5b38302e302c36312e355d7d7d5d2c226576656e7473223a5b7b22646576696365223a2267617465222c2274696d65223a313736333739343830303030302c226b696e64223a226261646765222c226261646765223a22623a3030303030303030303030303030303030303030303030303030303030313662222c22646972656374696f6e223a22696e222c226d61726b223a6e756c6c2c227175616e74697479223a6e756c6c2c22726561736f6e223a6e756c6c7d2c7b22646576696365223a2267617465222c2274696d65223a313736333833383030303030302c226b696e64223a226261646765222c226261646765223a22623a3030303030303030303030303030303030303030303030303030303030313662222c22646972656374696f6e223a226f7574222c226d61726b223a6e756c6c2c227175616e74697479223a6e756c6c2c22726561736f6e223a6e756c6c7d5d7d');


--
-- Data for Name: seen; Type: TABLE DATA; Schema: plumbline_log; Owner: -
--

INSERT INTO plumbline_log.seen VALUES (1, 1, 122);


--
-- Data for Name: stream; Type: TABLE DATA; Schema: plumbline_log; Owner: -
--

INSERT INTO plumbline_log.stream OVERRIDING SYSTEM VALUE VALUES (1, 'fenglin-18', 'pi-1', '01KAW9Q2V7Y8M3N5P6R8S0T2W4');


--
-- Data for Name: trimmed; Type: TABLE DATA; Schema: plumbline_log; Owner: -
--

INSERT INTO plumbline_log.trimmed VALUES (true, 120);


--
-- Name: offsets; Type: SEQUENCE SET; Schema: plumbline_log; Owner: -
--

SELECT pg_catalog.setval('plumbline_log.offsets', 122, true);


--
-- Name: stream_id_seq; Type: SEQUENCE SET; Schema: plumbline_log; Owner: -
--

SELECT pg_catalog.setval('plumbline_log.stream_id_seq', 1, true);


--
-- Name: batch batch_pkey; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY ("offset");


--
-- Name: batch batch_stream_seq_key; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.batch
    ADD CONSTRAINT batch_stream_seq_key UNIQUE (stream, seq);


--
-- Name: seen seen_pkey; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.seen
    ADD CONSTRAINT seen_pkey PRIMARY KEY (stream, last);


--
-- Name: stream stream_pkey; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (id);


--
-- Name: stream stream_site_agent_stream_key; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.stream
    ADD CONSTRAINT stream_site_agent_stream_key UNIQUE (site, agent, stream);


--
-- Name: trimmed trimmed_pkey; Type: CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.trimmed
    ADD CONSTRAINT trimmed_pkey PRIMARY KEY (id);


--
-- Name: batch_by_age; Type: INDEX; Schema: plumbline_log; Owner: -
--

CREATE INDEX batch_by_age ON plumbline_log.batch USING btree (accepted_at);


--
-- Name: batch batch_stream_fkey; Type: FK CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.batch
    ADD CONSTRAINT batch_stream_fkey FOREIGN KEY (stream) REFERENCES plumbline_log.stream(id);


--
-- Name: seen seen_stream_fkey; Type: FK CONSTRAINT; Schema: plumbline_log; Owner: -
--

ALTER TABLE ONLY plumbline_log.seen
    ADD CONSTRAINT seen_stream_fkey FOREIGN KEY (stream) REFERENCES plumbline_log.stream(id);


--
-- PostgreSQL database dump complete
--


