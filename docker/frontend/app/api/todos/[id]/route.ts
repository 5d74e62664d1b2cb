import { forwardItem } from '@/server/backend';

export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ id: string }>;
}

async function forward(request: Request, { params }: Context): Promise<Response> {
  return forwardItem(request, (await params).id);
}

export const PATCH = forward;
export const DELETE = forward;
