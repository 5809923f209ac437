/** The physical limit: 200 bytes appended and synced, and nothing else. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export function prepare(folder) {
  mkdirSync(folder, { recursive: true });
}

export function open(folder) {
  const file = openSync(join(folder, 'raw'), 'a');
  const bytes = Buffer.alloc(200, '.');
  return {
    blocks: true,
    transfer() {
      writeSync(file, bytes);
      fdatasyncSync(file);
    },
    close: () => closeSync(file),
  };
}
