/** The server sets the second name under https, where browsers refuse it from anyone but the host itself. */
const COOKIE_NAMES = ["__Host-turnpike_csrf", "turnpike_csrf"];

/** The token to send as `x-csrf-token`, or null before the first session. */
export function csrfToken(cookies: string): string | null {
  const pairs = cookies.split(";").map((pair) => pair.trim());
  for (const name of COOKIE_NAMES) {
    const pair = pairs.find((candidate) => candidate.startsWith(`${name}=`));
    if (pair) return pair.slice(name.length + 1);
  }
  return null;
}
