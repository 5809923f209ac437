#!/usr/bin/env node
import { leave } from '../lib/cli/output.js';
import { runRecoverProgram } from '../lib/cli/recover-program.js';

await leave(await runRecoverProgram(process.argv.slice(2)));
