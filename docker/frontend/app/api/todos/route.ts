import { forwardList } from '@/server/backend';

export const dynamic = 'force-dynamic';

export const GET = forwardList;
export const POST = forwardList;
