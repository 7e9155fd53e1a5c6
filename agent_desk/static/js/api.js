// Requests to the server. Every refusal becomes one sentence for the person.

const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
const TOO_LONG_MS = 8000;

/** `status` 0: the server could not be reached at all. `message` is Chinese, for the screen. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** True where the same request may succeed later without anybody changing anything. */
  get passing() {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export const get = (path) => request('GET', path);
export const post = (path, body) => request('POST', path, body);

async function request(method, path, body) {
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (csrf) headers['x-csrf-token'] = csrf;
  let response;
  try {
    response = await fetch(path, {
      method, headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin', cache: 'no-store',
      signal: AbortSignal.timeout(TOO_LONG_MS),
    });
  } catch {
    throw new Refusal('服务器连不上，连上后自动再试', 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(sentence(answer, response.status), response.status);
  return answer;
}

function sentence(answer, status) {
  const said = answer.error ?? answer.why ?? answer.detail;
  if (typeof said === 'string' && said) return said;
  if (status === 401) return '登录已过期，请重新登录；填的内容已存在本机';
  if (status === 403) return '您的角色不能做这一步';
  return status >= 500 ? `服务器忙（${status}），填的内容还在，会自动再试` : `没有做成（${status}），请刷新页面再试`;
}
