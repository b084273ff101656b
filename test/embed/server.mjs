// server.mjs - POST /v1/embeddings on a free port of 127.0.0.1, as OpenAI defined it. Texts that speak of
// one thing, in whatever words, get vectors that point one way. `mode` makes it misbehave; `texts` holds
// all that it was sent.
import { createServer } from 'node:http';

const BODY_MAX = 1 << 20, SLOW_MS = 3000;
const THINGS = [['机房', '相变储热', '散热'], ['海带', '夹苗'], ['焊缝', '探伤'], ['结冰', '覆冰']];
const DIMS = THINGS.length + 1;

function vector(text) {
  const numbers = THINGS.map(words => (words.some(word => text.includes(word)) ? 1 : 0));
  if (!numbers.some(n => n)) numbers.push(1); else numbers.push(0);
  return numbers.map((n, i) => n + 0.01 * ((text.length + i) % 3));
}

const wait = ms => new Promise(done => setTimeout(done, ms));

async function read(request) {
  let body = '';
  for await (const part of request.setEncoding('utf8')) {
    body += part;
    if (body.length > BODY_MAX) throw new Error('too long');
  }
  return body;
}

export async function start() {
  const self = { mode: 'good', texts: [], keys: new Set(), asked: 0, failures: 0, elsewhere: 0 };
  const say = (response, status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };
  const answer = async (request, response) => {
    self.asked += 1;
    if (request.method !== 'POST' || request.url !== '/v1/embeddings') {
      self.elsewhere += 1;
      return say(response, 404, {});
    }
    const { model, input, encoding_format } = JSON.parse(await read(request));
    if (model !== 'test-model' || encoding_format !== 'float' || !Array.isArray(input)) return say(response, 400, {});
    self.texts.push(...input);
    self.keys.add(request.headers.authorization);
    let data = input.map((text, index) => ({ object: 'embedding', index, embedding: vector(text) }));
    switch (self.mode) {
    case 'slow': await wait(SLOW_MS); break;
    case 'wrong dimension': data.forEach(row => row.embedding.push(1)); break;
    case 'wrong count': data.push({ object: 'embedding', index: data.length, embedding: vector('') }); break;
    case '500 then good':
      if (self.failures++ % 2 === 0) return say(response, 500, {});
      break;
    case 'garbage': return say(response, 200, '{"data":[{"index":0,');
    case 'closes': return request.socket.destroy();
    case 'redirects': response.writeHead(307, { location: '/elsewhere' }); return response.end();
    default: data = data.reverse(); // The order is by index, not by place.
    }
    return say(response, 200, { object: 'list', model, data, usage: { prompt_tokens: 1, total_tokens: 1 } });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 10000;
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  self.url = `http://127.0.0.1:${server.address().port}`;
  self.stop = () => { server.closeAllConnections(); server.close(); };
  return self;
}
