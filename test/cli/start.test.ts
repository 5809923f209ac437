import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { PROGRAM, succeed, temporaryBank } from './run-cli.js';

/** Tells at the end which files were loaded, and which of Node's own modules. */
const TELL = `process.on('exit', () => {
  const loaded = [...process.moduleLoadList, ...Object.keys(require.cache)];
  require('node:fs').writeFileSync('loaded.json', JSON.stringify(loaded));
});`;
const DEAR = ['child_process', 'worker_threads', 'readline'].map((name) => `NativeModule ${name}`);

it('a command whose work never ends by itself does not end well', () => {
  const output = join(PROGRAM, '../../lib/cli/output.js');
  const script = `import { endWith } from '${pathToFileURL(output)}'; endWith(new Promise(() => {}));`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect(status).toBe(13);
});

/** What is loaded for a command, in a bank of its own. */
async function loadedFor(args: readonly string[]): Promise<string[]> {
  const folder = await temporaryBank();
  const tell = join(folder, 'tell.cjs');
  writeFileSync(tell, TELL);
  succeed(folder, args, { env: { NODE_OPTIONS: `--require "${tell}"` } });
  return JSON.parse(readFileSync(join(folder, 'loaded.json'), 'utf8'));
}

it('a command that answers one question loads nothing of Node that it has no use for', async () => {
  const loaded = await loadedFor(['balance', 'a10017']);
  expect(loaded).toContain('NativeModule fs');
  expect(loaded.filter((name) => DEAR.includes(name))).toEqual([]);
});

it('a Tab loads no command and nothing that commands share, and no streams for what it prints', async () => {
  const loaded = await loadedFor(['complete', '--', 'balance', 'a']);
  expect(loaded).toContain('NativeModule fs');
  const streams = ['net', 'tty', 'internal/fs/sync_write_stream'];
  const dear = [...DEAR, ...streams.map((name) => `NativeModule ${name}`)];
  expect(loaded.filter((name) => dear.includes(name))).toEqual([]);
  const files = loaded.filter((name) => name.startsWith(dirname(PROGRAM)));
  expect(files.map((path) => basename(path))).toEqual(['drovebank.js', 'compiled.js']);
});
