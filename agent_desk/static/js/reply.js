// 答复: what the caller is told, put together from adopted wordings and the agent's own words. Pure.

const BETWEEN = '\n';

/** The reply with one more wording at its end; one that stands there already is not said twice. */
export function withWording(reply, words) {
  const before = reply.trimEnd();
  if (stands(before, words)) return reply;
  return before ? `${before}${BETWEEN}${words}` : words;
}

/** The reply without a wording; one that the agent has changed is the agent's own and stays. */
export function withoutWording(reply, words) {
  if (!stands(reply, words)) return reply;
  const at = reply.indexOf(words);
  const [before, after] = [reply.slice(0, at).trimEnd(), reply.slice(at + words.length).trimStart()];
  return before && after ? `${before}${BETWEEN}${after}` : before + after;
}

/** Whether a wording stands in the reply letter by letter. */
export const stands = (reply, words) => Boolean(words) && reply.includes(words);

/** Where the reply comes from, in the order of adoption: `{ article, version, title, changed }`. */
export const sources = (cards, reply) => Object.entries(cards ?? {})
  .sort(([, a], [, b]) => a.at - b.at)
  .map(([article, { version, title = '', words = '' }]) => ({ article, version, title, changed: !stands(reply, words) }));
