/** What has to be undone at the end, also when somebody stops the run. */
const steps = [];

/** Undone in the opposite order. Answers how to undo it now. */
export function undoLater(step) {
  steps.push(step);
  return () => {
    const index = steps.indexOf(step);
    if (index < 0) return;
    steps.splice(index, 1);
    step();
  };
}

/** One that fails keeps no other from its turn. */
export function undoAll() {
  while (steps.length > 0) {
    try {
      steps.pop()();
    } catch (error) {
      console.error(`not undone: ${error.message}`);
    }
  }
}
