import { describe, expect, onTestFinished, test } from 'vitest'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { startLocalWorkerGateway } from '../support/start-worker-gateway.ts'
import { describeInBrowser } from './describe-in-browser.ts'

describeInBrowser((tab) => {
  describe.each([
    { command: 'npm start', startGateway: startNodeGateway },
    { command: 'npm run dev:worker', startGateway: startLocalWorkerGateway },
  ])('The page for GraphQL queries under `$command`', ({ startGateway }) => {
    async function open() {
      const gateway = await startGateway({ env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0' } })
      onTestFinished(() => gateway.close())
      const asked: string[] = []
      const complaints: string[] = []
      tab.page.on('request', (request) => asked.push(new URL(request.url()).origin))
      tab.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      tab.page.on('pageerror', (error) => complaints.push(String(error)))
      await tab.page.goto(`${gateway.url}/graphql`)
      return { gateway, asked, complaints }
    }

    const response = () => tab.page.locator('#result').textContent()

    test('runs a query with variables, and loads nothing from other origins', async () => {
      const { gateway, asked, complaints } = await open()
      await tab.page.locator('#query').fill('{ __typename }')
      await tab.page.locator('#run').click()
      await expect.poll(response).toContain('"__typename": "Query"')
      await tab.page.locator('#query').fill('query($limit: Int!) { sessions(limit: $limit) { next } models { id } }')
      await tab.page.locator('#variables').fill('{"limit": 0}')
      await tab.page.locator('#query').press('Control+Enter')
      await expect.poll(response).toContain('limit')
      await tab.page.locator('#variables').fill('{')
      await tab.page.locator('#run').click()
      await expect.poll(response).toMatch(/variables/i)
      expect([...new Set(asked)]).toEqual([gateway.url])
      expect(complaints).toEqual([])
    })

    test('shows the schema, and a subscription’s tokens as they arrive', async () => {
      await open()
      await expect.poll(() => tab.page.locator('#schema').textContent()).toContain('getAIResponse(input: ChatInput!)')
      const query = 'subscription($input: ChatInput!) { streamAIResponse(input: $input) { __typename } }'
      await tab.page.locator('#query').fill(query)
      await tab.page
        .locator('#variables')
        .fill('{"input": {"model": "demo/chat", "messages": [{"role": "user", "content": "Hi"}]}}')
      await tab.page.locator('#run').click()
      await expect.poll(response).toContain('"streamAIResponse"')
    })
  })
})
