/** Names under which the key value store holds the accepted secrets. */
export const SECRET_NAMES = { current: "current", previous: "previous" } as const;

/**
 * What CloudFront runs for each request, in the dialect of its runtime 2.0: answers 403 unless `Referer` holds one of
 * the secrets. They are in a key value store and not in this text, which whoever may look at the distribution can read,
 * and a rotation is one changed value. A secret that cannot be read lets nobody in.
 */
export const ORIGIN_SECRET_FUNCTION = `import cf from 'cloudfront';

const secrets = cf.kvs();

async function handler(event) {
  const referer = event.request.headers.referer;
  if (referer && referer.value) {
    if (referer.value === await secretNamed('${SECRET_NAMES.current}')) return event.request;
    if (referer.value === await secretNamed('${SECRET_NAMES.previous}')) return event.request;
  }
  return { statusCode: 403, statusDescription: 'Forbidden' };
}

async function secretNamed(name) {
  try {
    return await secrets.get(name);
  } catch (error) {
    return undefined;
  }
}
`;
