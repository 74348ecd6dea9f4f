/** The body of every error of the console API: application/problem+json, RFC 9457 with a code and field errors. */
type ProblemBody = {
  title?: string;
  code?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
};

/** What a failed request throws. `message` is the server's own sentence, fit to be shown. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** One message per field of the form that was sent. */
    readonly fields: Record<string, string>,
    readonly retryAfterSeconds: number | null,
  ) {
    super(detail);
    this.name = "ProblemError";
  }

  /** An answer that is no problem document (a proxy's page, say) still gets a sentence with its status. */
  static from(response: Response, body: unknown): ProblemError {
    const problem: ProblemBody = typeof body === "object" && body !== null ? body : {};
    const fallback = `The server answered ${response.status} without saying why.`;
    const wait = Number(response.headers.get("retry-after") ?? NaN);
    return new ProblemError(
      response.status,
      problem.code ?? "unknown",
      problem.detail ?? problem.title ?? fallback,
      Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message])),
      Number.isFinite(wait) ? wait : null,
    );
  }

  /** The login is over. A wrong password is a 401 as well, but only that form's business. */
  get endsSession(): boolean {
    return this.status === 401 && this.code !== "invalid_credentials";
  }
}

/** The sentence to show for anything that a request may throw. */
export function explain(error: unknown): string {
  if (!(error instanceof ProblemError)) return "The gateway cannot be reached. Is it running?";
  const sentence = asSentence(error.message);
  return error.retryAfterSeconds === null ? sentence : `${sentence} Try again in ${error.retryAfterSeconds} s.`;
}

/** The API writes like Postgres does: lower case, no full stop. Here it stands as a sentence of its own. */
export function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** What to put at the fields of the form that was refused. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ProblemError)) return {};
  return Object.fromEntries(Object.entries(error.fields).map(([field, message]) => [field, asSentence(message)]));
}
