/**
 * PostgreSQL over its socket, a pool of 16: each transfer is one call of a function, which is one
 * transaction and one way there and back. The lower account is locked first.
 */
import pg from 'pg';
import { timeEach } from '../reads.js';
import { makeCluster, pidsOf, startServer, usedByServer } from './postgres-server.js';

const CONNECTIONS = 16;

const SCHEMA = `
  CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0),
    first_name text NOT NULL, last_name text NOT NULL);
  CREATE TABLE transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, from_account int,
    to_account int, amount bigint NOT NULL, booked_at timestamptz NOT NULL DEFAULT now());
  CREATE FUNCTION transfer(a int, b int, cents bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE accounts SET balance = balance + CASE WHEN id = a THEN -cents ELSE cents END
      WHERE id = least(a, b);
    UPDATE accounts SET balance = balance + CASE WHEN id = a THEN -cents ELSE cents END
      WHERE id = greatest(a, b);
    INSERT INTO transfers (from_account, to_account, amount) VALUES (a, b, cents);
  END $$;
  CREATE FUNCTION transfer_many(a int[], b int[], cents bigint[]) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM 1 FROM accounts WHERE id = ANY (a) OR id = ANY (b) ORDER BY id FOR UPDATE;
    UPDATE accounts SET balance = balance + change.cents FROM (
      SELECT id, sum(part) AS cents FROM (
        SELECT unnest(a) AS id, -unnest(cents) AS part
        UNION ALL SELECT unnest(b), unnest(cents)) AS parts GROUP BY id) AS change
      WHERE accounts.id = change.id;
    INSERT INTO transfers (from_account, to_account, amount) SELECT * FROM unnest(a, b, cents);
  END $$;`;

function connect(folder) {
  const pool = new pg.Pool({ host: folder, user: 'bench', database: 'postgres', max: CONNECTIONS });
  pool.on('error', () => {}); // The server may end before those who idle.
  return pool;
}

async function serve(folder, pool) {
  const isReady = () =>
    pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
  return startServer(folder, isReady);
}

export async function prepare(folder, { accounts, balance }) {
  makeCluster(folder);
  const pool = connect(folder);
  const server = await serve(folder, pool);
  await pool.query(SCHEMA);
  await pool.query(
    `INSERT INTO accounts SELECT id, $2, 'Ada', 'Number ' || id FROM generate_series(0, $1 - 1) AS id`,
    [accounts, balance],
  );
  await pool.query('VACUUM ANALYZE');
  await pool.end();
  await server.stop();
}

/** The first process runs the server, for all. */
export async function open(folder, { process = 0 }) {
  const pool = connect(folder);
  const server = process === 0 ? await serve(folder, pool) : undefined;
  const named = (name, text) => (values) => pool.query({ name, text, values });
  const transfer = named('transfer', 'SELECT transfer($1, $2, $3)');
  const transferMany = named('transfer-many', 'SELECT transfer_many($1, $2, $3)');
  const balance = named('balance', 'SELECT balance FROM accounts WHERE id = $1');
  const first = async (text) => Number(Object.values((await pool.query(text)).rows[0])[0]);
  return {
    transfer: (from, to, cents) => transfer([from, to, cents]),
    batchOf: (moves) => ['from', 'to', 'cents'].map((key) => moves.map((move) => move[key])),
    transferMany,
    balances: ({ members }) => timeEach(members, (account) => balance([account])),
    helpers: () => (server ? usedByServer(server.pid) : { cpuUs: 0, bytes: 0, memoryMb: 0 }),
    helperPids: () => (server ? pidsOf(server.pid) : []),
    sum: () => first('SELECT sum(balance) FROM accounts'),
    async close() {
      await pool.end();
      await server?.stop();
    },
  };
}
