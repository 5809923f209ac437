// `npm test`: build, types, lint, tests. With CI set the long proofs run as well.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  'an interest run that is killed',
  'P10: a disk that is full or read-only, no handles, no permission',
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const named = process.argv.slice(2);
const npm = (name) => ['npm', 'run', '--silent', name];
/** One step after the other; the commands of a step run side by side. */
const steps = [
  [npm('build')],
  [npm('types'), npm('lint')],
  ...(process.env.CI ? [[[process.execPath, 'scripts/system-packages.js', '--install']]] : []),
  [[process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...named]],
];

const folder = mkdtempSync(join(tmpdir(), 'drovebank-proofs-'));
const notes = join(folder, 'proofs');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const env = { ...process.env, DROVEBANK_PROOFS: notes };
for (const commands of steps) {
  const codes = await Promise.all(commands.map(run));
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) process.exit(failed ?? 1);
}

/** Runs a command to its end. Answers its exit code, `null` when a signal ended it. */
async function run([command, ...args]) {
  const [code] = await once(spawn(command, args, { cwd: root, stdio: 'inherit', env }), 'exit');
  return code;
}

// A proof that is skipped, renamed or lost must not look like one that holds.
if (process.env.CI && process.platform === 'linux' && process.getuid() === 0 && !named.length) {
  const ran = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : [];
  const missing = PROOFS.filter((proof) => !ran.includes(proof));
  for (const proof of missing) console.error(`NOT PROVED: ${proof}`);
  if (missing.length > 0) process.exit(1);
}
