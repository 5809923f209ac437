#!/usr/bin/env node
import { runRecoverProgram } from '../lib/cli/recover-program.js';

process.exitCode = await runRecoverProgram(process.argv.slice(2));
