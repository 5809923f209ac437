import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { PROGRAM, succeed, temporaryBank } from './run-cli.js';

/** Tells at the end which of Node's own modules were loaded. */
const TELL = `process.on('exit', () => {
  require('node:fs').writeFileSync('loaded.json', JSON.stringify(process.moduleLoadList));
});`;
const DEAR = ['child_process', 'worker_threads', 'readline'].map((name) => `NativeModule ${name}`);

it('a command whose work never ends by itself does not end well', () => {
  const output = join(PROGRAM, '../../lib/cli/output.js');
  const script = `import { endWith } from '${pathToFileURL(output)}'; endWith(new Promise(() => {}));`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect(status).toBe(13);
});

it('a command that answers one question loads nothing of Node that it has no use for', async () => {
  const folder = await temporaryBank();
  const tell = join(folder, 'tell.cjs');
  writeFileSync(tell, TELL);
  succeed(folder, ['balance', 'a10017'], { env: { NODE_OPTIONS: `--require "${tell}"` } });
  const loaded: string[] = JSON.parse(readFileSync(join(folder, 'loaded.json'), 'utf8'));
  expect(loaded).toContain('NativeModule fs');
  expect(loaded.filter((name) => DEAR.includes(name))).toEqual([]);
});
