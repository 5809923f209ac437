/** Programs that are run from start to exit. */
import { fileURLToPath } from 'node:url';

/** A path inside the benchmark's folder. */
export const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

export const COMMAND = pathOf('../dist/bin/drovebank.js');
export const EXAMPLE = pathOf('../data/example');
