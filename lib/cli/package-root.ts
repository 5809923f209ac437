import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Where this package lies, and its version; whether it runs from dist/ or from one bundled file. */
export function findPackage(): { readonly root: string; readonly version: string } {
  const require = createRequire(import.meta.url);
  for (const up of ['..', '../..', '../../..', '../../../..']) {
    try {
      const path = require.resolve(`${up}/package.json`);
      const { name, version } = require(path);
      if (name === 'drovebank') return { root: dirname(path), version };
    } catch {
      // Not at this height.
    }
  }
  throw new Error('drovebank bug: its package.json is not above the program');
}
