// cookies.mjs - the Set-Cookie lines of an answer, for every node since Debian 12's: an older one only has
// them joined by commas. What follows a comma is another cookie when a name and = come first.
export function cookie_lines(answer) {
  if (answer.headers.getSetCookie) return answer.headers.getSetCookie();
  const joined = answer.headers.get('set-cookie');
  return joined ? joined.split(/, (?=[^;,= ]+=)/) : [];
}
