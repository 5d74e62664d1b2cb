# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules that speak to clouds have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  provider:
    description: Whose cluster it is. DigitalOcean's, Google's or Azure's.
    type: str
    choices: [doks, gke, aks]
    required: true
  name:
    description: Name of the cluster.
    type: str
    required: true
  region:
    description: Where it is, in the cloud's words. Google's zones count, too.
    type: str
    default: ""
  project:
    description:
      - Google's project or Azure's subscription, by its ID. DigitalOcean has none.
      - Empty is that of the environment (E(GOOGLE_CLOUD_PROJECT), E(GCP_PROJECT), E(AZURE_SUBSCRIPTION_ID)), or the credentials' own.
    type: str
    default: ""
  resource_group:
    description: Azure's resource group; it has to be there.
    type: str
    default: ""
  credentials:
    description:
      - Who we are. Without it, the environment says so, by the variables that the clouds' own tools and AWX's credentials use;
        without those, the machine's own identity does, where the cloud has such a thing.
    type: dict
    suboptions:
      token:
        description: DigitalOcean's token; else E(DIGITALOCEAN_TOKEN), E(DIGITALOCEAN_ACCESS_TOKEN) or E(DO_API_TOKEN).
        type: str
      service_account:
        description:
          - Key of a Google service account, its JSON as text or as a map; else the file that E(GOOGLE_APPLICATION_CREDENTIALS) names.
        type: raw
      client_id:
        description: Azure's service principal; else E(AZURE_CLIENT_ID).
        type: str
      client_secret:
        description: Its secret; else E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET).
        type: str
      tenant:
        description: Its tenant; else E(AZURE_TENANT) or E(AZURE_TENANT_ID).
        type: str
requirements:
  - google-auth, for Google
  - azure-identity, for Azure
"""
