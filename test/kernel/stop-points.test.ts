import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../machine/processes.js';
import type { Asked } from './books.js';
import { Branch, programOf } from './branch.js';
import { canRun, proved } from './needs.js';
import { type Call, changing, runTraced } from './strace.js';

const PROOF = 'E: stopped at system calls';
/** Each is waited for until it may be fenced: only where the long proofs run. */
const POINTS = Number(process.env.POINTS ?? (process.env.CI ? 40 : 0));

let folder = '';
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function newBranch(): Promise<Branch> {
  folder ||= mkdtempSync(join(ROOT, 'drovebank-stops-'));
  const branch = new Branch(mkdtempSync(join(folder, 'branch-')));
  await branch.found(2);
  return branch;
}

function deposit(branch: Branch) {
  const [to = ''] = branch.ids;
  const asked: Asked = { key: branch.newKey(), to, amount: 2_50n };
  const args = JSON.stringify([to, '2.50', { idempotencyKey: asked.key }]);
  return { asked, args: [programOf('one-request.js'), branch.directory, 'deposit', args] };
}

/** Somebody is stopped before `call`; another one goes on, for as long as it takes to fence it. */
async function stopAt(call: Call): Promise<void> {
  const branch = await newBranch();
  const [, to = ''] = branch.ids;
  const { asked, args } = deposit(branch);
  const ran = await runTraced(args, call, () =>
    branch.within((bank) => branch.book(bank, [{ key: branch.newKey(), to, amount: 1_00n }])),
  );
  const where = `stopped at ${call.name} ${call.ordinal}: ${call.line}\n${ran.stderr}`;
  expect(ran, where).toMatchObject({ code: 0, signal: null });
  expect(ran.stdout, where).toMatch(/^answered \d+$/m);
  await branch.settle([asked], ran);
  await branch.expectWhole();
}

const can = canRun(PROOF, { test: 'test/kernel/stop-points.test.ts' });

describe.runIf(can && POINTS > 0)(
  'E: stopped right before a system call, and set going again',
  () => {
    it('a deposit is answered truly, and booked once', { timeout: 180_000 }, async () => {
      const branch = await newBranch();
      const { asked, args } = deposit(branch);
      const whole = await runTraced(args);
      expect(whole).toMatchObject({ code: 0 });
      await branch.settle([asked], whole);
      const calls = changing(whole.calls, branch.directory);
      const some = calls.filter((_, at) => at % Math.ceil(calls.length / POINTS) === 0);
      // Between making a lock and touching it, as no simulated lock can be.
      const touch = calls.filter(({ name }) => name === 'utimensat').slice(0, 1);
      const points = new Set([...some, ...touch]);
      // All at once: most of the time they wait.
      await Promise.all([...points].map(stopAt));
      console.log(`${PROOF}: ${points.size} stops at ${calls.length} calls`);
      proved(PROOF);
    });
  },
);
