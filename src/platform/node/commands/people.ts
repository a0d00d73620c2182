import type { Command } from 'commander'
import type { JsonObject } from '../../../core/json.ts'
import { fetchObject, fetchPages } from './client.ts'
import { usageError } from './command-error.ts'
import { formatValue } from './key-text.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import { print, printJson, printMessage, renderFields, renderTable, replaceControls } from './print.ts'
import { confirmDeletion } from './read-input.ts'

const roles = ['owner', 'admin', 'viewer', 'member']

interface PersonOptions extends ClientOptions {
  readonly name?: string
  readonly email?: string
  readonly role?: string
  readonly subject?: string
  readonly issuer?: string
  readonly yes?: true
}

/** Defines `weir people …`. */
export function definePeople(people: Command, env: NodeJS.ProcessEnv): void {
  people.description('The people who administer this server, and their roles. <id> is the id of a person.')

  people
    .command('list')
    .description('Lists all people, oldest first.')
    .addHelpText('after', example('list'))
    .action((options: ClientOptions) =>
      withClient(options, env, async (client) => {
        const list = await fetchPages(client, { path: '/people', query: {}, pageSize: 100 })
        if (options.json) return printJson(list)
        if (list.data.length === 0) return printMessage(`No people found in ${client.location}.`)
        await print(
          renderTable(
            columns,
            list.data.map((person) => columns.map((column) => formatValue(person[column]) || '-')),
          ),
        )
      }),
    )

  const create = people.command('create').description('Adds a person, who signs in at the OpenID provider.')
  addPersonOptions(create)
    .addHelpText('after', example('create --email ann@example.com --role owner'))
    .action((options: PersonOptions) => {
      if (options.role === undefined) throw usageError('--role is required: owner, admin, viewer or member.')
      return withClient(options, env, async (client) => {
        const person = await fetchObject(client, { method: 'POST', path: '/people', body: toBody(options) })
        await printPerson(person, options)
      })
    })

  const update = people.command('update').description('Changes the named fields and leaves the others.')
  addPersonOptions(update.argument('<id>', 'id of the person'))
    .addHelpText('after', example('update person_019a… --role viewer'))
    .action((id: string, options: PersonOptions) => changePerson(id, toBody(options), options, env))

  for (const [name, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const)
    people
      .command(name)
      .description(
        disabled ? 'Ends the sign-ins of a person and refuses new ones.' : 'Allows a person to sign in again.',
      )
      .argument('<id>', 'id of the person')
      .addHelpText('after', example(`${name} person_019a…`))
      .action((id: string, options: ClientOptions) => changePerson(id, { disabled }, options, env))

  people
    .command('delete')
    .description('Deletes a person and ends its sign-ins. Its keys stay.')
    .argument('<id>', 'id of the person')
    .option('-y, --yes', 'delete without confirmation (default: ask at a terminal)')
    .addHelpText('after', example('delete person_019a… --yes'))
    .action((id: string, options: PersonOptions) => deletePerson(id, options, env))

  for (const command of people.commands) addClientOptions(command)
}

const columns = ['id', 'name', 'email', 'role', 'disabled']

function addPersonOptions(command: Command): Command {
  return command
    .addOption(valueOption('--name <name>', 'a name for people (default: the e-mail address)'))
    .addOption(valueOption('--email <address>', 'the e-mail address by which the person signs in the first time'))
    .addOption(valueOption('--role <role>', 'what the person may do', { choices: roles }))
    .addOption(valueOption('--subject <sub>', 'the account at the OpenID provider, by its claim sub'))
    .addOption(valueOption('--issuer <url>', 'the issuer of that account (default: that of admin_login)'))
}

function toBody({ name, email, role, subject, issuer }: PersonOptions): JsonObject {
  if (issuer !== undefined && subject === undefined) throw usageError('--issuer needs --subject.')
  return {
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email: email === 'none' ? null : email }),
    ...(role !== undefined && { role }),
    ...(subject !== undefined && { account: { ...(issuer !== undefined && { issuer }), subject } }),
  }
}

async function changePerson(
  id: string,
  body: JsonObject,
  options: ClientOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  checkId(id)
  if (Object.keys(body).length === 0)
    throw usageError('Name at least one field to change, such as --role viewer. See weir people update --help.')
  await withClient(options, env, async (client) => {
    await printPerson(await fetchObject(client, { method: 'PATCH', path: `/people/${id}`, body }), options)
  })
}

async function deletePerson(id: string, options: PersonOptions, env: NodeJS.ProcessEnv): Promise<void> {
  checkId(id)
  const confirm = confirmDeletion(options)
  await withClient(options, env, async (client) => {
    await confirm(async () => {
      const { name } = await fetchObject(client, { method: 'GET', path: `/people/${id}` })
      return `Delete ${id} (${replaceControls(String(name))}) in ${client.location}?`
    })
    const deleted = await fetchObject(client, { method: 'DELETE', path: `/people/${id}` })
    if (options.json) return printJson(deleted)
    printMessage(`Deleted ${id} in ${client.location}.`)
  })
}

async function printPerson(person: JsonObject, { json }: ClientOptions): Promise<void> {
  if (json) return printJson(person)
  await print(renderFields(columns.map((column) => [column, formatValue(person[column]) || '-'] as const)))
}

/** The id becomes part of a path. No message repeats it, because it may be a misplaced secret (S21). */
function checkId(id: string): void {
  if (!/^person_[0-9a-z]{1,64}$/.test(id))
    throw usageError('<id> must be the id of a person, such as person_019a…. List them with weir people list.')
}

function example(line: string): string {
  return `\nExample:\n  weir people ${line}`
}
