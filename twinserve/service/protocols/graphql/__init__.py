"""GraphQL (https://spec.graphql.org), over HTTP as https://graphql.github.io/graphql-over-http describes it."""
