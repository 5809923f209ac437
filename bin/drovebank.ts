#!/usr/bin/env node
import { runProgram } from '../lib/cli/program.js';

process.exitCode = await runProgram(process.argv.slice(2));
