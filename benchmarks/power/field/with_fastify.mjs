// Create profile in Fastify, which validates and serialises by the route's schema; profiles in memory.
// Usage: node with_fastify.mjs PORT
import { randomUUID } from 'node:crypto'

import Fastify from 'fastify'

const APP_ID = '14c3d623-2f3a-455a-aa86-ef83dff6913b'

const text = { type: 'string', nullable: true }
const choice = (...members) => ({ type: 'string', nullable: true, enum: [...members, null] })

const customAttribute = {
  type: 'object',
  required: ['key', 'value'],
  properties: {
    key: { type: 'string', maxLength: 30, pattern: '^[A-Za-z0-9._-]+$' },
    value: { oneOf: [{ type: 'string', maxLength: 50 }, { type: 'number' }] },
  },
}

const body = {
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
    custom_attributes: { type: 'array', maxItems: 30, items: customAttribute },
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

const profileResponse = {
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      properties: {
        app_id: { type: 'string', format: 'uuid' },
        profile_id: { type: 'string', format: 'uuid' },
        customer_user_id: { type: 'string', nullable: true },
        total_revenue_usd: { type: 'number' },
        segment_hash: { type: 'string' },
        timestamp: { type: 'integer' },
        custom_attributes: { type: 'array', items: customAttribute },
        access_levels: { type: 'array' },
        subscriptions: { type: 'array' },
        non_subscriptions: { type: 'array' },
      },
    },
  },
}

const headers = {
  type: 'object',
  properties: {
    'adapty-customer-user-id': { type: 'string' },
    'adapty-profile-id': { type: 'string' },
    'adapty-platform': { type: 'string' },
  },
  anyOf: [{ required: ['adapty-customer-user-id'] }, { required: ['adapty-profile-id'] }],
}

const app = Fastify()
const byCustomer = new Map()
const byId = new Map()

app.addHook('onRequest', async (request) => {
  const given = request.headers.authorization
  if (given === `Api-Key ${process.env.ADAPTY_API_KEY}`) return
  const message = given ? 'Invalid API key.' : 'Authentication credentials were not provided.'
  throw Object.assign(new Error(message), { statusCode: 401, code: 'not_authenticated' })
})

app.setErrorHandler((error, request, reply) => {
  const status = error.statusCode ?? 500
  const errors = error.validation
    ? error.validation.map((each) => ({ source: each.instancePath, errors: [each.message] }))
    : [{ source: null, errors: [error.message] }]
  reply.status(status).send({ errors, error_code: error.code ?? 'error', status_code: status })
})

app.post(
  '/api/v2/server-side-api/profile/',
  { schema: { headers, body, response: { 200: profileResponse } } },
  async (request) => {
    const customerUserId = request.headers['adapty-customer-user-id']
    let profileId = request.headers['adapty-profile-id']
    let profile = customerUserId ? byCustomer.get(customerUserId) : byId.get(profileId)
    if (!profile) {
      profileId = customerUserId ? randomUUID() : profileId
      profile = { profileId, customerUserId: customerUserId ?? null, attributes: new Map() }
      if (customerUserId) byCustomer.set(customerUserId, profile)
      byId.set(profileId, profile)
    }
    for (const { key, value } of request.body.custom_attributes ?? []) {
      profile.attributes.set(key, value)
    }
    return {
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
    }
  },
)

await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
