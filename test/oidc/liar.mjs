// liar.mjs - an OpenID provider that conforms, until it is told to lie. For the test alone: everybody
// who comes is the person that `next` names.
//
//   const op = await start(clients);  op.lie = 'nonce'; op.person = {...}; await op.stop();
import { createHash, createHmac, createSign, generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const b64 = value => Buffer.from(value).toString('base64url');
const key_pair = kind => kind === 'RS256'
  ? generateKeyPairSync('rsa', { modulusLength: 2048 })
  : generateKeyPairSync('ec', { namedCurve: 'P-256' });

class Provider {
  lie = '';                       // One of lies; '' for none.
  alg = 'RS256';
  person = { sub: 's-1', preferred_username: 'firm' };
  fetched = { discovery: 0, keys: 0, token: 0, elsewhere: 0 };
  codes = new Map();
  keys = {};

  constructor(clients) {
    this.clients = clients;
    this.new_keys('1');
    this.stranger = key_pair('RS256');
  }

  // A provider changes its keys: the old ones are gone at once.
  new_keys(generation) {
    this.keys = {};
    for (const alg of ['RS256', 'ES256'])
      this.keys[alg] = { kid: `${alg}-${generation}`, ...key_pair(alg) };
  }

  jwks() {
    return { keys: Object.entries(this.keys).map(([alg, key]) =>
      ({ ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, alg, use: 'sig' })) };
  }

  discovery() {
    const at = this.issuer;
    const elsewhere = `http://127.0.0.1:${new URL(at).port}`;
    return {
      issuer: this.lie === 'issuer of discovery' ? `${at}/other` : at,
      authorization_endpoint: `${at}/auth`, token_endpoint: `${at}/token`,
      jwks_uri: { 'keys elsewhere': 'http://169.254.169.254/keys', 'keys by redirect': `${elsewhere}/redirect`,
        'keys from a file': 'file:///etc/passwd' }[this.lie] ?? `${at}/keys`,
      response_types_supported: ['code'], subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      token_endpoint_auth_methods_supported: [this.lie === 'client_secret_post' ? this.lie : 'client_secret_basic'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  // GET /auth: the person is signed in already and agrees at once.
  authorise(query) {
    const client = this.clients.find(one => one.id === query.get('client_id'));
    if (!client || query.get('redirect_uri') !== client.redirect || query.get('response_type') !== 'code' ||
        query.get('code_challenge_method') !== 'S256' || !query.get('code_challenge') ||
        !query.get('scope').split(' ').includes('openid'))
      return null;
    const back = new URL(client.redirect);
    const code = randomBytes(16).toString('hex');
    this.codes.set(code, { client, nonce: query.get('nonce'), challenge: query.get('code_challenge') });
    back.search = new URLSearchParams(this.lie === 'no'
      ? { error: 'access_denied', error_description: '<b>no</b>', state: query.get('state') }
      : { code, state: query.get('state') });
    if (this.lie !== 'no iss')
      back.searchParams.set('iss', this.lie === 'iss' ? 'https://evil.example' : this.issuer);
    return back.href;
  }

  secret_right(request, form, client) {
    // RFC 6749, 2.3.1: in the header both are coded as in a form.
    const coded = text => new URLSearchParams({ '': text }).toString().slice(1).replaceAll('+', '%20');
    const [given, want] = this.lie === 'client_secret_post'
      ? [`${form.get('client_id')}:${form.get('client_secret')}`, `${client.id}:${client.secret}`]
      : [Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString(),
        `${coded(client.id)}:${coded(client.secret)}`];
    return given.length === want.length && timingSafeEqual(Buffer.from(given), Buffer.from(want));
  }

  // POST /token: a code is good once, with its verifier, its client and its redirect address.
  token(request, form) {
    const grant = this.codes.get(form.get('code'));
    this.codes.delete(form.get('code'));
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (!grant || grant.challenge !== challenge || form.get('redirect_uri') !== grant.client.redirect ||
        form.get('grant_type') !== 'authorization_code' || !this.secret_right(request, form, grant.client))
      return { status: 400, body: { error: 'invalid_grant' } };
    const id_token = this.sign(this.claims(grant));
    return { status: 200, body: { access_token: 'a', token_type: 'Bearer', id_token } };
  }

  claims(grant) {
    const now = Math.floor(Date.now() / 1000);
    const right = { iss: this.issuer, aud: grant.client.id, exp: now + 300, iat: now, nonce: grant.nonce, ...this.person };
    const lies = {
      'nonce': { nonce: 'another' }, 'aud': { aud: 'another' }, 'iss of token': { iss: 'https://evil.example' },
      'expired': { exp: now - 600, iat: now - 900 }, 'old': { iat: now - 86400 }, 'azp': { aud: [grant.client.id, 'b'], azp: 'b' },
      'future': { iat: now + 3600 }, 'no sub': { sub: undefined },
    };
    return { ...right, ...lies[this.lie] };
  }

  sign(claims) {
    const key = this.keys[this.alg];
    const head = { alg: this.alg, kid: key.kid, typ: 'JWT' };
    if (this.lie === 'alg none') head.alg = 'none';
    if (this.lie === 'HS256') head.alg = 'HS256';
    const text = `${b64(JSON.stringify(head))}.${b64(JSON.stringify(claims))}`;
    if (this.lie === 'alg none') return `${text}.`;
    if (this.lie === 'HS256')     // The classic: the public key as the secret.
      return `${text}.${createHmac('sha256', key.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest('base64url')}`;
    const by = this.lie === 'other key' ? this.stranger.privateKey : key.privateKey;
    const signature = createSign('sha256').update(text).sign({ key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    if (this.lie === 'touched claims')
      return `${b64(JSON.stringify(head))}.${b64(JSON.stringify({ ...claims, preferred_username: 'ops' }))}.${signature}`;
    return `${text}.${signature}`;
  }

  answer(request, body) {
    const url = new URL(request.url, this.issuer);
    const json = value => ({ status: 200, body: value });
    switch (url.pathname) {
    case '/.well-known/openid-configuration': this.fetched.discovery += 1; return json(this.discovery());
    case '/keys': this.fetched.keys += 1; return this.lie === 'too long' ? json('x'.repeat(1 << 20)) : json(this.jwks());
    case '/redirect': return { status: 302, location: `${this.issuer}/elsewhere` };
    case '/elsewhere': this.fetched.elsewhere += 1; return json(this.jwks());
    case '/token': this.fetched.token += 1; return this.token(request, new URLSearchParams(body));
    case '/auth': { const location = this.authorise(url.searchParams); return location ? { status: 302, location } : { status: 400, body: {} }; }
    default: return { status: 404, body: {} };
    }
  }
}

export async function start(clients) {
  const provider = new Provider(clients);
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    if (provider.lie === 'silent' && !request.url.startsWith('/auth')) return; // Never answers.
    const { status, body: value, location } = provider.answer(request, body);
    response.writeHead(status, { 'content-type': 'application/json', ...(location ? { location } : {}) });
    response.end(value === undefined ? '' : JSON.stringify(value));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  provider.issuer = `http://127.0.0.1:${server.address().port}`;
  provider.walk = async url => (await fetch(url, { redirect: 'manual' })).headers.get('location');
  provider.stop = () => { server.closeAllConnections(); server.close(); };
  return provider;
}
