import { nodeClock } from '../node-clock.ts'
import { askObject, askPages } from './ask-admin.ts'
import { defineCommand } from './command.ts'
import { print, printJson, say } from './print.ts'
import { checkKeyId, readKeyId } from './read-values.ts'
import { renderFields } from './render-table.ts'
import { renderKey, renderKeys, toText } from './show-key.ts'

/** What the server gives at most. */
const pageSize = 100

export const listKeys = defineCommand({
  options: { parent: { type: 'string' } },
  plan({ values: { parent }, isJson }) {
    const query = { parent_id: readKeyId(parent, '--parent') }
    return async (client) => {
      const list = await askPages(client, { path: '/keys', query, pageSize })
      if (isJson) return printJson(list)
      if (list.data.length === 0) return say(`There are no such keys in ${client.place}.`)
      await print(renderKeys(list.data, nodeClock.now()))
    }
  },
})

export const showKey = defineCommand({
  options: {},
  words: ['KEY'],
  plan({ words: [id = ''], isJson }) {
    const path = `/keys/${checkKeyId(id, 'KEY')}`
    return async (client) => {
      const key = await askObject(client, { method: 'GET', path })
      await (isJson ? printJson(key) : print(renderKey(key, nodeClock.now())))
    }
  },
})

export const showBalance = defineCommand({
  options: {},
  words: ['KEY'],
  plan({ words: [id = ''], isJson }) {
    const path = `/keys/${checkKeyId(id, 'KEY')}/balance`
    return async (client) => {
      const balance = await askObject(client, { method: 'GET', path })
      const fields = Object.entries(balance).filter(([name]) => name !== 'object')
      await (isJson
        ? printJson(balance)
        : print(renderFields(fields.map(([name, value]) => [name, toText(value)] as const))))
    }
  },
})
