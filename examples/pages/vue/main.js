import { createApp } from 'vue'
import ChatPage from './chat-page.vue'

createApp(ChatPage).mount('#root')
