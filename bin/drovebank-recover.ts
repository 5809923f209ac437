#!/usr/bin/env node
import { endWith } from '../lib/cli/output.js';
import { runRecoverProgram } from '../lib/cli/recover-program.js';

endWith(runRecoverProgram(process.argv.slice(2)));
