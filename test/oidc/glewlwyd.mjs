// glewlwyd.mjs - a real OpenID provider for the test: Glewlwyd, set up in a temporary folder by its
// own API, on a free port of 127.0.0.1.
import { spawn, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cookie_lines } from './cookies.mjs';

export const person = { login: 'east', password: 'glewlwyd-east-1', name: 'East' };

const settings = (root, folder, port) => `
port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
cookie_secure=0
cookie_same_site="empty"
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
log_mode="file"
log_level="INFO"
log_file="${folder}/glewlwyd.log"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${root}/usr/lib/glewlwyd/user"
client_module_path="${root}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="${root}/usr/lib/glewlwyd/scheme"
plugin_module_path="${root}/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3" path = "${folder}/glewlwyd.db" };
`;

const plugin = (issuer, kind) => {
  const made = kind === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    module: 'oidc', name: `oidc-${kind}`, display_name: 'Test', order_rank: 0,
    parameters: {
      'iss': `${issuer}/api/oidc-${kind}`,
      'jwt-type': kind, 'jwt-key-size': '256',
      'key': made.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'cert': made.publicKey.export({ type: 'spki', format: 'pem' }),
      'access-token-duration': 600, 'refresh-token-duration': 600, 'code-duration': 60,
      'refresh-token-rolling': false, 'allow-non-oidc': false,
      'auth-type-code-enabled': true, 'auth-type-code-revoke-replayed': true,
      'auth-type-token-enabled': false, 'auth-type-id-token-enabled': true,
      'auth-type-none-enabled': false, 'auth-type-password-enabled': false,
      'auth-type-client-enabled': false, 'auth-type-device-enabled': false,
      'auth-type-refresh-enabled': false,
      'jwks-show': true, 'pkce-allowed': true, 'pkce-required': true, 'pkce-method-plain-allowed': false,
      'claims': [{ name: 'preferred_username', 'user-property': 'username', type: 'string', mandatory: true }],
    },
  };
};

const cookie_of = answer => cookie_lines(answer).map(line => line.split(';')[0]).join('; ');

async function call(at, path, method, body, cookie) {
  const answer = await fetch(at + path, {
    method, redirect: 'manual',
    headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status >= 400)
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

async function sign_in(at, login, password) {
  return cookie_of(await call(at, '/api/auth/', 'POST', { username: login, password }));
}

const client = (id, redirect, secret) => ({
  client_id: id, name: id, confidential: true, client_secret: secret,
  token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
  redirect_uri: [redirect], authorization_type: ['code'], scope: [], enabled: true,
});

async function set_up(at, clients) {
  const admin = await sign_in(at, 'admin', 'password');
  for (const scope of ['openid'])
    await call(at, `/api/scope/${scope}`, 'GET', undefined, admin);
  await call(at, '/api/user/', 'POST', {
    username: person.login, name: person.name, password: person.password,
    scope: ['openid', 'g_profile'], enabled: true,
  }, admin);
  for (const one of clients)
    await call(at, '/api/client/', 'POST', client(one.id, one.redirect, one.secret), admin);
  for (const kind of ['rsa', 'ecdsa'])
    await call(at, '/api/mod/plugin/', 'POST', plugin(at, kind), admin);
}

async function up(at, child) {
  for (let i = 0; i < 100 && child.exitCode === null; i++) {
    try { return await fetch(`${at}/config`); } catch { /* Not yet. */ }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error('Glewlwyd does not come up');
}

// Starts it, with these clients ({id, redirect, secret}). Gives {issuer(kind), walk(url), stop()}:
// `walk` takes an authorisation URL as the person's browser would and gives where it is sent back to.
export async function start(root, folder, port, clients) {
  const at = `http://127.0.0.1:${port}`;
  const config = join(folder, 'glewlwyd.conf'), db = join(folder, 'glewlwyd.db');
  writeFileSync(config, settings(root, folder, port));
  execFileSync('sqlite3', [db], { input: readFileSync(`${root}/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3`) });
  const child = spawn(`${root}/usr/bin/glewlwyd`, ['-c', config], { stdio: 'ignore' });
  try {
    await up(at, child);
    await set_up(at, clients);
    const jar = await sign_in(at, person.login, person.password);
    for (const one of clients)
      await call(at, `/api/auth/grant/${one.id}/`, 'PUT', { scope: 'openid' }, jar);
    return {
      issuer: kind => `${at}/api/oidc-${kind}`,
      walk: async url => {
        // The parameter is what its sign-in page adds when the person has chosen to go on.
        const answer = await fetch(`${url}&g_continue`, { redirect: 'manual', headers: { cookie: jar } });
        return answer.headers.get('location');
      },
      stop: () => child.kill(),
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}
