#!/usr/bin/env node
import { endWith } from '../lib/cli/output.js';
import { runProgram } from '../lib/cli/program.js';

endWith(runProgram(process.argv.slice(2)));
