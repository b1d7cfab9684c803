// Create profile in Express with Ajv, profiles in memory.
// Usage: node with_express.mjs PORT
import { randomUUID, timingSafeEqual } from 'node:crypto'

import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import express from 'express'

const APP_ID = '14c3d623-2f3a-455a-aa86-ef83dff6913b'
const EXPECTED = Buffer.from(`Api-Key ${process.env.ADAPTY_API_KEY}`)

const text = { type: 'string', nullable: true }
const choice = (...members) => ({ type: 'string', nullable: true, enum: [...members, null] })

const profileRequest = {
  type: 'object',
  required: ['installation_meta'],
  properties: {
    first_name: text,
    last_name: text,
    gender: choice('f', 'm', 'o'),
    email: { type: 'string', format: 'email', nullable: true },
    phone_number: text,
    birthday: { type: 'string', format: 'date', nullable: true },
    ip_country: text,
    ip_v4_address: text,
    store_country: text,
    store: choice('app_store', 'play_store', 'stripe', 'adapty', 'paddle'),
    store_account_token: { type: 'string', format: 'uuid', nullable: true },
    att_status: { type: 'integer', enum: [0, 1, 2, 3, null], nullable: true },
    analytics_disabled: { type: 'boolean', nullable: true },
    custom_attributes: {
      type: 'array',
      maxItems: 30,
      items: {
        type: 'object',
        required: ['key', 'value'],
        properties: {
          key: { type: 'string', maxLength: 30, pattern: '^[A-Za-z0-9._-]+$' },
          value: { oneOf: [{ type: 'string', maxLength: 50 }, { type: 'number' }] },
        },
      },
    },
    installation_meta: {
      type: 'object',
      required: ['device_id'],
      properties: {
        device_id: { type: 'string', format: 'uuid' },
        device: text,
        locale: text,
        os: text,
        platform: choice('iOS', 'macOS', 'iPadOS', 'Android', 'visionOS', 'web'),
        timezone: text,
        user_agent: text,
        app_build: text,
        app_version: text,
        adapty_sdk_version: text,
        idfa: text,
        idfv: text,
        advertising_id: text,
        android_id: text,
        android_app_set_id: text,
      },
    },
  },
}

const ajv = new Ajv({ allErrors: true })
addFormats(ajv)
const validate = ajv.compile(profileRequest)

class ApiError extends Error {
  constructor(status, code, errors) {
    super(code)
    Object.assign(this, { status, code, errors })
  }
}

function authenticate(req, res, next) {
  const given = req.get('Authorization')
  if (!given) throw new ApiError(401, 'not_authenticated', [{ source: null, errors: ['Authentication credentials were not provided.'] }])
  const bytes = Buffer.from(given)
  if (bytes.length !== EXPECTED.length || !timingSafeEqual(bytes, EXPECTED)) {
    throw new ApiError(401, 'not_authenticated', [{ source: null, errors: ['Invalid API key.'] }])
  }
  next()
}

const byCustomer = new Map()
const byId = new Map()

function findOrCreate(customerUserId, profileId) {
  let profile = customerUserId ? byCustomer.get(customerUserId) : byId.get(profileId)
  if (!profile) {
    if (!customerUserId) throw new ApiError(404, 'profile_not_found', [{ source: 'adapty-profile-id', errors: ['There is no such profile.'] }])
    profile = { profileId: randomUUID(), customerUserId, attributes: new Map() }
    byCustomer.set(customerUserId, profile)
    byId.set(profile.profileId, profile)
  }
  return profile
}

const app = express()

app.post('/api/v2/server-side-api/profile/', authenticate, express.json(), (req, res) => {
  if (!validate(req.body)) {
    const errors = validate.errors.map((each) => ({ source: each.instancePath, errors: [each.message] }))
    throw new ApiError(400, 'validation_error', errors)
  }
  const customerUserId = req.get('adapty-customer-user-id')
  const profileId = req.get('adapty-profile-id')
  if (!customerUserId && !profileId) {
    throw new ApiError(400, 'identity_required', [{ source: null, errors: ['adapty-customer-user-id or adapty-profile-id is required.'] }])
  }
  const profile = findOrCreate(customerUserId, profileId)
  for (const { key, value } of req.body.custom_attributes ?? []) profile.attributes.set(key, value)
  res.json({
    data: {
      app_id: APP_ID,
      profile_id: profile.profileId,
      customer_user_id: profile.customerUserId,
      total_revenue_usd: 0,
      segment_hash: '8f45947bad31ab0c',
      timestamp: Date.now(),
      custom_attributes: [...profile.attributes].map(([key, value]) => ({ key, value })),
      access_levels: [],
      subscriptions: [],
      non_subscriptions: [],
    },
  })
})

app.use((error, req, res, next) => {
  const status = error.status ?? 500
  res.status(status).json({
    errors: error.errors ?? [{ source: null, errors: [error.message] }],
    error_code: error.code ?? 'bad_request',
    status_code: status,
  })
})

const server = app.listen(Number(process.argv[2]), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`)
})
