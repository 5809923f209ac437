#!/usr/bin/env node
import { leave } from '../lib/cli/output.js';
import { runProgram } from '../lib/cli/program.js';

await leave(await runProgram(process.argv.slice(2)));
