// Create profile in plain node:http, without a dependency, written to keep every promise; profiles
// in memory.
// Usage: node with_node.mjs PORT
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const PATH = '/api/v2/server-side-api/profile/'
const APP_ID = '14c3d623-2f3a-455a-aa86-ef83dff6913b'
const LIMIT = 1024 * 1024
const sha256 = (text) => createHash('sha256').update(text).digest()
const EXPECTED = sha256(`Api-Key ${process.env.ADAPTY_API_KEY}`)

class Refusal extends Error {
  constructor(status, code, problems) {
    super(code)
    this.status = status
    this.code = code
    this.problems = typeof problems === 'string' ? [[null, problems]] : problems
  }
}

// A check gives the reason why a value is wrong, or undefined.
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const string = (value) => (typeof value === 'string' ? undefined : 'must be a string')
const boolean = (value) => (typeof value === 'boolean' ? undefined : 'must be a boolean')
const oneOf = (...members) => (value) =>
  members.includes(value) ? undefined : `must be one of ${members.join(', ')}`
const nullable = (check) => (value) => (value === null ? undefined : check(value))
const matching = (pattern, what) => (value) =>
  string(value) ?? (pattern.test(value) ? undefined : `must be ${what}`)
const uuid = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a UUID')
const email = matching(/^[^\s@<>(),;:\\"[\]]+@[^\s@<>(),;:\\"[\]]+$/, 'an email address')
const text = nullable(string)

function date(value) {
  const parts = typeof value === 'string' && /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(value)
  if (!parts) return 'must be a date, YYYY-MM-DD'
  const [year, month, day] = parts.slice(1).map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (days[month - 1] ?? 0) ? undefined : 'is no day of the calendar'
}

const PROFILE = {
  first_name: text,
  last_name: text,
  gender: nullable(oneOf('f', 'm', 'o')),
  email: nullable(email),
  phone_number: text,
  birthday: nullable(date),
  ip_country: text,
  ip_v4_address: text,
  store_country: text,
  store: nullable(oneOf('app_store', 'play_store', 'stripe', 'adapty', 'paddle')),
  store_account_token: nullable(uuid),
  att_status: nullable(oneOf(0, 1, 2, 3)),
  analytics_disabled: nullable(boolean),
}
const META = {
  device_id: uuid,
  platform: nullable(oneOf('iOS', 'macOS', 'iPadOS', 'Android', 'visionOS', 'web')),
}
for (const name of ['device', 'locale', 'os', 'timezone', 'user_agent', 'app_build', 'app_version',
  'adapty_sdk_version', 'idfa', 'idfv', 'advertising_id', 'android_id', 'android_app_set_id']) {
  META[name] = text
}

function* members(object, checks, prefix = '') {
  for (const [name, check] of Object.entries(checks)) {
    const reason = Object.hasOwn(object, name) ? check(object[name]) : undefined
    if (reason) yield [prefix + name, reason]
  }
}

function* attributes(list) {
  if (!Array.isArray(list)) return yield ['custom_attributes', 'must be an array']
  if (list.length > 30) yield ['custom_attributes', 'must not have more than 30 items']
  for (const [index, item] of list.entries()) {
    const at = `custom_attributes.${index}`
    if (!isObject(item)) {
      yield [at, 'must be an object']
      continue
    }
    if (typeof item.key !== 'string' || !/^[A-Za-z0-9._-]{1,30}$/.test(item.key)) {
      yield [`${at}.key`, 'must be up to 30 letters, digits, dashes, points, and underscores']
    }
    const { value } = item
    if (typeof value === 'string' ? [...value].length > 50 : !Number.isFinite(value)) {
      yield [`${at}.value`, 'must be a number, or a string of up to 50 characters']
    }
  }
}

function* problems(body) {
  if (!isObject(body)) return yield [null, 'must be an object']
  yield* members(body, PROFILE)
  if (Object.hasOwn(body, 'custom_attributes')) yield* attributes(body.custom_attributes)
  if (!isObject(body.installation_meta)) return yield ['installation_meta', 'must be an object']
  if (!Object.hasOwn(body.installation_meta, 'device_id')) {
    yield ['installation_meta.device_id', 'is required']
  }
  yield* members(body.installation_meta, META, 'installation_meta.')
}

const byCustomer = new Map()
const byId = new Map()

function profileOf(headers) {
  // Header values arrive as Latin-1; ids are UTF-8.
  const customer = Buffer.from(headers['adapty-customer-user-id'] ?? '', 'latin1').toString()
  const profileId = (headers['adapty-profile-id'] ?? '').toLowerCase()
  if (!customer && !profileId) {
    const message = 'adapty-customer-user-id or adapty-profile-id is required.'
    throw new Refusal(400, 'identity_required', message)
  }
  if (customer) {
    if (!byCustomer.has(customer)) {
      const profile = { id: randomUUID(), customer, attributes: new Map() }
      byCustomer.set(customer, profile)
      byId.set(profile.id, profile)
    }
    return byCustomer.get(customer)
  }
  if (uuid(profileId)) {
    throw new Refusal(400, 'validation_error', [['adapty-profile-id', 'must be a UUID']])
  }
  if (!byId.has(profileId)) {
    byId.set(profileId, { id: profileId, customer: null, attributes: new Map() })
  }
  return byId.get(profileId)
}

async function read(request) {
  // To the end, however long it is, or the client may not hear the answer.
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= LIMIT) chunks.push(chunk)
  }
  return size > LIMIT ? null : Buffer.concat(chunks)
}

function parse(bytes) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Refusal(400, 'parse_error', 'The body is not JSON.')
  }
}

async function createProfile(request) {
  const bytes = await read(request)
  if (request.url.split('?')[0] !== PATH) throw new Refusal(404, 'not_found', 'Not found.')
  if (request.method !== 'POST') {
    throw new Refusal(405, 'method_not_allowed', 'Only POST is allowed.')
  }
  const given = request.headers.authorization
  if (given === undefined) {
    throw new Refusal(401, 'not_authenticated', 'Authentication credentials were not provided.')
  }
  if (!timingSafeEqual(sha256(given), EXPECTED)) {
    throw new Refusal(401, 'not_authenticated', 'Invalid API key.')
  }
  if (!bytes) throw new Refusal(413, 'too_large', 'The body is too large.')
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase()
  if (mediaType !== 'application/json') {
    throw new Refusal(415, 'unsupported_media_type', 'The body must be application/json.')
  }
  if (request.headers['content-encoding'] && request.headers['content-encoding'] !== 'identity') {
    throw new Refusal(415, 'unsupported_encoding', 'The body must not be compressed.')
  }
  const body = parse(bytes)
  const found = [...problems(body)]
  if (found.length) throw new Refusal(400, 'validation_error', found)
  const profile = profileOf(request.headers)
  const merged = new Map(profile.attributes)
  for (const { key, value } of body.custom_attributes ?? []) merged.set(key, value)
  if (merged.size > 30) {
    const message = 'the profile would have more than 30'
    throw new Refusal(400, 'validation_error', [['custom_attributes', message]])
  }
  profile.attributes = merged
  return {
    data: {
      app_id: APP_ID,
      profile_id: profile.id,
      customer_user_id: profile.customer,
      total_revenue_usd: 0,
      segment_hash: sha256(profile.id).toString('hex').slice(0, 16),
      timestamp: Date.now(),
      custom_attributes: [...merged].map(([key, value]) => ({ key, value })),
      access_levels: [],
      subscriptions: [],
      non_subscriptions: [],
    },
  }
}

function send(response, status, content) {
  const bytes = Buffer.from(JSON.stringify(content))
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
  response.end(bytes)
}

const server = createServer(async (request, response) => {
  try {
    send(response, 200, await createProfile(request))
  } catch (error) {
    if (!(error instanceof Refusal)) {
      error = new Refusal(500, 'internal_error', 'Internal server error.')
    }
    const errors = error.problems.map(([source, message]) => ({ source, errors: [message] }))
    send(response, error.status, { errors, error_code: error.code, status_code: error.status })
  }
})
server.listen(Number(process.argv[2]), '127.0.0.1')
