import { describe, expect, it } from 'vitest';
import { type BatchLine, readBatch } from '#lib/interchange/batch-lines.js';
import { type BatchResult, runBatch } from '#lib/interchange/run-batch.js';
import { newBank } from '../bank/new-bank.js';

/** What a batch reads as, when it comes in pieces of `size` bytes. */
async function readInPieces(text: string, size: number): Promise<BatchLine[]> {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  const lines: BatchLine[] = [];
  for await (const some of readBatch('b', pieces)) lines.push(...some);
  return lines;
}

const shown = (lines: readonly BatchLine[]) =>
  lines.map((line) => ('error' in line ? `${line.line} ${line.error.message}` : line));

const JSON_LINES = `{"op":"deposit","id":"c1","amount":"5.00","memo":"Grüße 李"}

{"op":"transfer","from":"c1","to":"c2","amount":"1.00","key":"k-1"}
{"op":"open","firstName":"A","lastName":"B"}`;

describe('reading a batch', () => {
  it.each([1, 2, 3, 7, 1_000])('is the same in pieces of %i bytes', async (size) => {
    expect(shown(await readInPieces(JSON_LINES, size))).toEqual([
      {
        line: 1,
        request: { op: 'deposit', id: 'c1', amount: '5.00', memo: 'Grüße 李' },
      },
      {
        line: 3,
        request: { op: 'transfer', from: 'c1', to: 'c2', amount: '1.00', idempotencyKey: 'k-1' },
      },
      { line: 4, request: { op: 'open', firstName: 'A', lastName: 'B' } },
    ]);
    const csv = '\ufeffop,id,amount,memo,value_date\r\ndeposit,c1,5.00,"a, Ü",2026-01-02\r\n';
    expect(shown(await readInPieces(csv, size))).toEqual([
      {
        line: 2,
        request: { op: 'deposit', id: 'c1', amount: '5.00', memo: 'a, Ü', valueDate: '2026-01-02' },
      },
    ]);
  });

  it.each<[string, RegExp]>([
    ['{"op":"deposit","id":"c1","amount":5}', /JS number/],
    ['{"op":"deposit","id":"c1","amount":"1","kye":"k"}', /no field "kye"/],
    ['{"op":"deposit","amount":"1"}', /names no account/],
    ['{"op":"deposit","id":"c1","to":"c2","amount":"1"}', /names two accounts/],
    ['{"op":"steal","id":"c1"}', /op "steal" is unknown/],
    ['{"op":"constructor"}', /op "constructor" is unknown/],
    ['{"id":"c1"}', /names no "op"/],
    ['{"op":"transfer","from":"c1","to":"c1","amount":"1"}', /both sides/],
    ['{"op":"transfer","from":"c1","amount":"1"}', /is empty/],
    ['{"op":"open","firstName":"A"}', /last name is not a text/],
    ['{"op":"open","firstName":"A","lastName":"B","amount":"1"}', /no field "amount"/],
    ['{"op":"withdraw","id":7,"amount":"1"}', /is not a text/],
    ['{"op":"capture","amount":"1"}', /no hold/],
    ['{"op":"capture","hold":"c1.4","keepRest":"perhaps"}', /neither true nor false/],
    ['{"op":"hold","id":"c1","amount":"1","ttlSeconds":"soon"}', /can't live for "soon"/],
    ['{"op":"reverse","transfer":"4.5"}', /no number of a transfer/],
    ['{"op":"limit","id":"c1"}', /No limit was given/],
    ['{"op":', /no JSON/],
  ])('%s is no request', async (line, says) => {
    const [only] = await readInPieces(`${line}\n`, 1_000);
    expect(only).toMatchObject({ line: 1, error: { message: expect.stringMatching(says) } });
  });

  it('a CSV file that is torn or lacks the column op is refused whole', async () => {
    await expect(readInPieces('op,id\ndeposit,c1', 99)).rejects.toMatchObject({
      code: 'INVALID_FILE',
      message: expect.stringContaining('torn'),
    });
    await expect(readInPieces('id,amount\nc1,1\n', 99)).rejects.toThrow(
      'no column op. Begin with a header such as op,id,amount, or',
    );
  });
});

describe('reading a batch of every operation', () => {
  it('takes flags, numbers and metadata from the cells of a CSV file', async () => {
    const csv = `op,id,hold,transfer,amount,ttl_seconds,keep_rest,force,metadata
hold,c1,,,5.00,60,,,"{""order"":7}"
capture,,c1.4,,1.00,,true,,
reverse,,,12,,,,false,
`;
    expect((await readInPieces(csv, 99)).map((line) => 'request' in line && line.request)).toEqual([
      { op: 'hold', id: 'c1', amount: '5.00', ttlSeconds: 60, metadata: { order: 7 } },
      { op: 'capture', hold: 'c1.4', amount: '1.00', keepRest: true },
      { op: 'reverse', transfer: 12, force: false },
    ]);
  });
});

describe('running a batch', () => {
  it('answers each line in order, and goes on behind a refusal', async () => {
    const bank = await newBank();
    const text = `{"op":"open","firstName":"C","lastName":"One","id":"c1"}
{"op":"deposit","id":"c1","amount":"5.00","key":"k-1"}
{"op":"withdraw","id":"c1","amount":"6.00"}
{"op":"open","firstName":"C","lastName":"Two","id":"c2"}
{"op":"transfer","from":"c1","to":"c2","amount":"5.00"}
{"op":"nonsense"}
{"op":"deposit","id":"c1","amount":"5.00","key":"k-1"}
`;
    const results: BatchResult[] = [];
    for await (const result of runBatch(bank, await readInPieces(text, 50), {})) {
      results.push(result);
    }
    expect(results).toMatchObject([
      { line: 1, op: 'open', receipt: { id: 'c1' } },
      { line: 2, op: 'deposit', receipt: { replayed: false } },
      { line: 3, op: 'withdraw', error: { code: 'INSUFFICIENT_FUNDS' } },
      { line: 4, op: 'open', receipt: { id: 'c2' } },
      { line: 5, op: 'transfer', receipt: { to: { after: { amount: '5.00' } } } },
      { line: 6, op: undefined, error: { code: 'INVALID_FILE' } },
      { line: 7, op: 'deposit', receipt: { replayed: true } },
    ]);
  });
});
