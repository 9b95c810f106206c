// A real OpenID Connect issuer (oidc-provider) for one test, and a browser's part of the code flow with it.
//
// Standard input ending ends it. It prints one line of JSON: where it listens, and where it is asked for tokens:
// GET /ask?subject=…&client=…&nonce=…&claims={…} answers what the token endpoint gave, after the whole flow with PKCE.
// POST /rotate makes another key the first, as an issuer does that rotates; GET /asked says how often the keys were read.
import { createServer } from 'node:http';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const claims = new Map();
const keys = ['RS256', 'ES256', 'PS256'].map((alg, number) => jwk(alg, `first-${number}`));
let provider;
let asked = 0;

function jwk(alg, kid) {
  const { privateKey } = alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' };
}

function make(issuer) {
  const client = (client_id, alg) => ({
    client_id,
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://client.example/back'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: alg,
  });
  const made = new Provider(issuer, {
    clients: [client('relief', 'RS256'), client('relief-es', 'ES256'), client('relief-ps', 'PS256'), client('another', 'RS256')],
    jwks: { keys },
    claims: { openid: ['sub', 'name', 'groups', 'organization', 'countries'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims.get(id) }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    renderError: (ctx, out) => { ctx.body = JSON.stringify(out); },
  });
  made.on('server_error', (_, error) => console.error(error));
  return made;
}

/** What a browser and a client do: follow the redirections with cookies, take the code, exchange it. */
async function ask(issuer, query) {
  const client = query.get('client') ?? 'relief';
  const subject = query.get('subject');
  claims.set(subject, JSON.parse(query.get('claims') ?? '{}'));
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const start = new URL('/auth', issuer);
  const wanted = {
    client_id: client, response_type: 'code', scope: 'openid', redirect_uri: 'https://client.example/back',
    code_challenge: challenge, code_challenge_method: 'S256', login_hint: subject, state: 'x',
  };
  for (const [name, value] of Object.entries(wanted)) start.searchParams.set(name, value);
  if (query.has('nonce')) start.searchParams.set('nonce', query.get('nonce'));
  const jar = new Map();
  let next = start;
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${answer.status}: ${await answer.text()}`);
    if (process.env.TRACE) console.error(step, String(next), answer.status, location, [...jar.keys()].join());
    next = new URL(location, next);
    if (next.pathname === '/back') break;
  }
  const code = next.searchParams.get('code');
  if (code === null) throw new Error(next.href);
  const body = new URLSearchParams({
    grant_type: 'authorization_code', code, client_id: client, code_verifier: verifier, redirect_uri: 'https://client.example/back',
  });
  const answer = await fetch(new URL('/token', issuer), { method: 'POST', body });
  return { status: answer.status, body: await answer.text() };
}

const server = createServer(async (request, response) => {
  try {
    const url = new URL(request.url, issuer);
    if (url.pathname.startsWith('/interaction/')) {
      const details = await provider.interactionDetails(request, response);
      await provider.interactionFinished(request, response, { login: { accountId: details.params.login_hint } }, { mergeWithLastSubmission: false });
      return;
    }
    if (url.pathname === '/ask') {
      const { status, body } = await ask(issuer, url.searchParams);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      return;
    }
    if (url.pathname === '/rotate') {
      keys.unshift(...['RS256', 'ES256', 'PS256'].map((alg, number) => jwk(alg, `${Date.now()}-${number}`)));
      provider = make(issuer);
      response.end('{}');
      return;
    }
    if (url.pathname === '/asked') {
      response.end(JSON.stringify({ asked }));
      return;
    }
    if (url.pathname === '/jwks') asked += 1;
    provider.callback()(request, response);
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error));
  }
});
let issuer;
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  provider = make(issuer);
  console.log(JSON.stringify({ issuer }));
});
process.stdin.resume().on('end', () => process.exit(0));
