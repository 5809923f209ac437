// `npm test`: build, types, lint, tests. With CI set the long proofs run as well.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Proofs on the real kernel; the tests note here that they ran. */
const PROOFS = [
  'E: killed at every system call',
  'E: stopped at system calls',
  'F: power cuts on ext4',
  'F: power cuts on xfs',
  'P10: a disk that is full or read-only, no handles, no permission',
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const named = process.argv.slice(2);
const steps = ['build', 'types', 'lint'].map((name) => ['npm', ['run', '--silent', name]]);
if (process.env.CI) steps.push([process.execPath, ['scripts/system-packages.js', '--install']]);
steps.push([process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...named]]);

const folder = mkdtempSync(join(tmpdir(), 'drovebank-proofs-'));
const notes = join(folder, 'proofs');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const env = { ...process.env, DROVEBANK_PROOFS: notes };
for (const [command, args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}

// A proof that is skipped, renamed or lost must not look like one that holds.
if (process.env.CI && process.platform === 'linux' && process.getuid() === 0 && !named.length) {
  const ran = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : [];
  const missing = PROOFS.filter((proof) => !ran.includes(proof));
  for (const proof of missing) console.error(`NOT PROVED: ${proof}`);
  if (missing.length > 0) process.exit(1);
}
