// Serves one OpenAPI document with @scalar/mock-server, which is a library and has no command line.
// Usage: node scalar.mjs DOCUMENT PORT
import { readFile } from 'node:fs/promises'

import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'

const [path, port] = process.argv.slice(2)
const app = await createMockServer({ document: await readFile(path, 'utf8') })
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) }, (address) => {
  console.log(`listening on ${address.address}:${address.port}`)
})
