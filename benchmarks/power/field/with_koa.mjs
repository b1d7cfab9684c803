// Create profile in Koa with Joi, profiles in memory.
// Usage: node with_koa.mjs PORT
import { randomUUID } from 'node:crypto'

import Router from '@koa/router'
import Joi from 'joi'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'

const APP_ID = '14c3d623-2f3a-455a-aa86-ef83dff6913b'

const text = Joi.string().allow('', null)

const installationMeta = Joi.object({
  device_id: Joi.string().guid().required(),
  device: text,
  locale: text,
  os: text,
  platform: Joi.string().valid('iOS', 'macOS', 'iPadOS', 'Android', 'visionOS', 'web').allow(null),
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
})

const customAttribute = Joi.object({
  key: Joi.string().max(30).pattern(/^[\w.-]+$/).required(),
  value: Joi.alternatives(Joi.string().max(50), Joi.number()).required(),
})

const profileRequest = Joi.object({
  first_name: text,
  last_name: text,
  gender: Joi.string().valid('f', 'm', 'o').allow(null),
  email: Joi.string().email().allow(null),
  phone_number: text,
  birthday: Joi.string().isoDate().allow(null),
  ip_country: text,
  ip_v4_address: text,
  store_country: text,
  store: Joi.string().valid('app_store', 'play_store', 'stripe', 'adapty', 'paddle').allow(null),
  store_account_token: Joi.string().guid().allow(null),
  att_status: Joi.number().valid(0, 1, 2, 3).allow(null),
  analytics_disabled: Joi.boolean().allow(null),
  custom_attributes: Joi.array().items(customAttribute).max(30),
  installation_meta: installationMeta.required(),
})

const app = new Koa()
const router = new Router()
const byCustomer = new Map()
const byId = new Map()

app.use(async (ctx, next) => {
  try {
    await next()
    if (ctx.status === 404 && !ctx.body) ctx.throw(404, 'Not found')
  } catch (error) {
    ctx.status = error.status ?? 500
    ctx.body = {
      errors: error.details
        ? error.details.map((each) => ({ source: each.path.join('.'), errors: [each.message] }))
        : [{ source: null, errors: [error.message] }],
      error_code: error.code ?? 'error',
      status_code: ctx.status,
    }
  }
})

app.use(async (ctx, next) => {
  const [scheme, key] = ctx.get('Authorization').split(' ')
  if (scheme !== 'Api-Key' || key !== process.env.ADAPTY_API_KEY) {
    ctx.throw(401, 'Authentication credentials were not provided.', { code: 'not_authenticated' })
  }
  await next()
})

app.use(bodyParser({ enableTypes: ['json'] }))

router.post('/api/v2/server-side-api/profile/', (ctx) => {
  const { error, value: body } = profileRequest.validate(ctx.request.body, {
    abortEarly: false,
    allowUnknown: true,
  })
  if (error) ctx.throw(400, error.message, { code: 'validation_error', details: error.details })

  const customerUserId = ctx.get('adapty-customer-user-id')
  const profileId = ctx.get('adapty-profile-id')
  if (!customerUserId && !profileId) {
    const message = 'adapty-customer-user-id or adapty-profile-id is required'
    ctx.throw(400, message, { code: 'validation_error' })
  }
  let profile = customerUserId ? byCustomer.get(customerUserId) : byId.get(profileId)
  if (!profile) {
    if (!customerUserId) ctx.throw(404, 'Profile not found', { code: 'not_found' })
    profile = { id: randomUUID(), customerUserId, attributes: new Map() }
    byCustomer.set(customerUserId, profile)
    byId.set(profile.id, profile)
  }
  for (const { key, value } of body.custom_attributes ?? []) profile.attributes.set(key, value)
  ctx.body = {
    data: {
      app_id: APP_ID,
      profile_id: profile.id,
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
})

app.use(router.routes()).use(router.allowedMethods())
app.listen(Number(process.argv[2]), '127.0.0.1')
