import { styleText } from "node:util";

/** Prints a line per step and counts. A step that fails does not stop the others: one run tells everything. */
export class Report {
  #passed = 0;
  #failed = 0;

  /** `work` returns nothing, or a note worth printing; it throws when the step fails. */
  async step(name, work) {
    try {
      const note = await work();
      this.#passed += 1;
      console.log(`${styleText("green", "ok")}    ${name}${note ? ` (${note})` : ""}`);
    } catch (error) {
      this.#failed += 1;
      console.log(`${styleText("red", "FAIL")}  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  skip(name, why) {
    console.log(`skip  ${name}: ${why}`);
  }

  /** The last line, and the exit code: 1 if anything failed. */
  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 ? 0 : 1;
  }
}

/** `throw` as an expression: the sentence says what was expected and what was there. */
export function expect(fact, sentence) {
  if (!fact) throw new Error(sentence);
}
