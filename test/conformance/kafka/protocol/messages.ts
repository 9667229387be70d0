/**
 * The requests and responses of the protocol as Apache Kafka 3.4.0 defines them
 * (clients/src/main/resources/common/message at that tag), a line a field: its name, type, versions, the versions in which
 * it may be null, its default. Tagged fields are left out: none is sent, and what comes is passed over.
 *
 * It is written apart from the broker's own reading of the protocol, so that the one can be held against the other.
 */
export const MESSAGES = `
0 Produce flexible 9+
  request
    transactionalId string 3+ null 3+ default null
    acks int16 0+
    timeoutMs int32 0+
    topicData []struct 0+
      name string 0+
      partitionData []struct 0+
        index int32 0+
        records bytes 0+ null 0+
  response
    responses []struct 0+
      name string 0+
      partitionResponses []struct 0+
        index int32 0+
        errorCode int16 0+
        baseOffset int64 0+
        logAppendTimeMs int64 2+ default -1
        logStartOffset int64 5+ default -1
        recordErrors []struct 8+
          batchIndex int32 8+
          batchIndexErrorMessage string 8+ null 8+ default null
        errorMessage string 8+ null 8+ default null
    throttleTimeMs int32 1+
1 Fetch flexible 12+
  request
    replicaId int32 0+
    maxWaitMs int32 0+
    minBytes int32 0+
    maxBytes int32 3+ default 2147483647
    isolationLevel int8 4+
    sessionId int32 7+
    sessionEpoch int32 7+ default -1
    topics []struct 0+
      topic string 0-12
      topicId uuid 13+
      partitions []struct 0+
        partition int32 0+
        currentLeaderEpoch int32 9+ default -1
        fetchOffset int64 0+
        lastFetchedEpoch int32 12+ default -1
        logStartOffset int64 5+ default -1
        partitionMaxBytes int32 0+
    forgottenTopicsData []struct 7+
      topic string 7-12
      topicId uuid 13+
      partitions []int32 7+
    rackId string 11+
  response
    throttleTimeMs int32 1+
    errorCode int16 7+
    sessionId int32 7+
    responses []struct 0+
      topic string 0-12
      topicId uuid 13+
      partitions []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
        highWatermark int64 0+
        lastStableOffset int64 4+ default -1
        logStartOffset int64 5+ default -1
        abortedTransactions []struct 4+ null 4+
          producerId int64 4+
          firstOffset int64 4+
        preferredReadReplica int32 11+ default -1
        records bytes 0+ null 0+
2 ListOffsets flexible 6+
  request
    replicaId int32 0+
    isolationLevel int8 2+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        currentLeaderEpoch int32 4+ default -1
        timestamp int64 0+
        maxNumOffsets int32 0 default 1
  response
    throttleTimeMs int32 2+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
        oldStyleOffsets []int64 0
        timestamp int64 1+ default -1
        offset int64 1+ default -1
        leaderEpoch int32 4+ default -1
3 Metadata flexible 9+
  request
    topics []struct 0+ null 1+
      topicId uuid 10+
      name string 0+ null 10+
    allowAutoTopicCreation bool 4+ default true
    includeClusterAuthorizedOperations bool 8-10
    includeTopicAuthorizedOperations bool 8+
  response
    throttleTimeMs int32 3+
    brokers []struct 0+
      nodeId int32 0+
      host string 0+
      port int32 0+
      rack string 1+ null 1+ default null
    clusterId string 2+ null 2+ default null
    controllerId int32 1+ default -1
    topics []struct 0+
      errorCode int16 0+
      name string 0+ null 12+
      topicId uuid 10+
      isInternal bool 1+
      partitions []struct 0+
        errorCode int16 0+
        partitionIndex int32 0+
        leaderId int32 0+
        leaderEpoch int32 7+ default -1
        replicaNodes []int32 0+
        isrNodes []int32 0+
        offlineReplicas []int32 5+
      topicAuthorizedOperations int32 8+ default -2147483648
    clusterAuthorizedOperations int32 8-10 default -2147483648
8 OffsetCommit flexible 8+
  request
    groupId string 0+
    generationId int32 1+ default -1
    memberId string 1+
    groupInstanceId string 7+ null 7+ default null
    retentionTimeMs int64 2-4 default -1
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        committedOffset int64 0+
        committedLeaderEpoch int32 6+ default -1
        commitTimestamp int64 1 default -1
        committedMetadata string 0+ null 0+
  response
    throttleTimeMs int32 3+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
9 OffsetFetch flexible 6+
  request
    groupId string 0-7
    topics []struct 0-7 null 2-7
      name string 0-7
      partitionIndexes []int32 0-7
    groups []struct 8+
      groupId string 8+
      topics []struct 8+ null 8+
        name string 8+
        partitionIndexes []int32 8+
    requireStable bool 7+
  response
    throttleTimeMs int32 3+
    topics []struct 0-7
      name string 0-7
      partitions []struct 0-7
        partitionIndex int32 0-7
        committedOffset int64 0-7
        committedLeaderEpoch int32 5-7 default -1
        metadata string 0-7 null 0-7
        errorCode int16 0-7
    errorCode int16 2-7
    groups []struct 8+
      groupId string 8+
      topics []struct 8+
        name string 8+
        partitions []struct 8+
          partitionIndex int32 8+
          committedOffset int64 8+
          committedLeaderEpoch int32 8+ default -1
          metadata string 8+ null 8+
          errorCode int16 8+
      errorCode int16 8+
10 FindCoordinator flexible 3+
  request
    key string 0-3
    keyType int8 1+
    coordinatorKeys []string 4+
  response
    throttleTimeMs int32 1+
    errorCode int16 0-3
    errorMessage string 1-3 null 1-3
    nodeId int32 0-3
    host string 0-3
    port int32 0-3
    coordinators []struct 4+
      key string 4+
      nodeId int32 4+
      host string 4+
      port int32 4+
      errorCode int16 4+
      errorMessage string 4+ null 4+
11 JoinGroup flexible 6+
  request
    groupId string 0+
    sessionTimeoutMs int32 0+
    rebalanceTimeoutMs int32 1+ default -1
    memberId string 0+
    groupInstanceId string 5+ null 5+ default null
    protocolType string 0+
    protocols []struct 0+
      name string 0+
      metadata bytes 0+
    reason string 8+ null 8+ default null
  response
    throttleTimeMs int32 2+
    errorCode int16 0+
    generationId int32 0+ default -1
    protocolType string 7+ null 7+ default null
    protocolName string 0+ null 7+
    leader string 0+
    skipAssignment bool 9+
    memberId string 0+
    members []struct 0+
      memberId string 0+
      groupInstanceId string 5+ null 5+ default null
      metadata bytes 0+
12 Heartbeat flexible 4+
  request
    groupId string 0+
    generationId int32 0+
    memberId string 0+
    groupInstanceId string 3+ null 3+ default null
  response
    throttleTimeMs int32 1+
    errorCode int16 0+
13 LeaveGroup flexible 4+
  request
    groupId string 0+
    memberId string 0-2
    members []struct 3+
      memberId string 3+
      groupInstanceId string 3+ null 3+ default null
      reason string 5+ null 5+ default null
  response
    throttleTimeMs int32 1+
    errorCode int16 0+
    members []struct 3+
      memberId string 3+
      groupInstanceId string 3+ null 3+
      errorCode int16 3+
14 SyncGroup flexible 4+
  request
    groupId string 0+
    generationId int32 0+
    memberId string 0+
    groupInstanceId string 3+ null 3+ default null
    protocolType string 5+ null 5+ default null
    protocolName string 5+ null 5+ default null
    assignments []struct 0+
      memberId string 0+
      assignment bytes 0+
  response
    throttleTimeMs int32 1+
    errorCode int16 0+
    protocolType string 5+ null 5+ default null
    protocolName string 5+ null 5+ default null
    assignment bytes 0+
15 DescribeGroups flexible 5+
  request
    groups []string 0+
    includeAuthorizedOperations bool 3+
  response
    throttleTimeMs int32 1+
    groups []struct 0+
      errorCode int16 0+
      groupId string 0+
      groupState string 0+
      protocolType string 0+
      protocolData string 0+
      members []struct 0+
        memberId string 0+
        groupInstanceId string 4+ null 4+ default null
        clientId string 0+
        clientHost string 0+
        memberMetadata bytes 0+
        memberAssignment bytes 0+
      authorizedOperations int32 3+ default -2147483648
16 ListGroups flexible 3+
  request
    statesFilter []string 4+
  response
    throttleTimeMs int32 1+
    errorCode int16 0+
    groups []struct 0+
      groupId string 0+
      protocolType string 0+
      groupState string 4+
18 ApiVersions flexible 3+
  request
    clientSoftwareName string 3+
    clientSoftwareVersion string 3+
  response
    errorCode int16 0+
    apiKeys []struct 0+
      apiKey int16 0+
      minVersion int16 0+
      maxVersion int16 0+
    throttleTimeMs int32 1+
19 CreateTopics flexible 5+
  request
    topics []struct 0+
      name string 0+
      numPartitions int32 0+
      replicationFactor int16 0+
      assignments []struct 0+
        partitionIndex int32 0+
        brokerIds []int32 0+
      configs []struct 0+
        name string 0+
        value string 0+ null 0+
    timeoutMs int32 0+ default 60000
    validateOnly bool 1+
  response
    throttleTimeMs int32 2+
    topics []struct 0+
      name string 0+
      topicId uuid 7+
      errorCode int16 0+
      errorMessage string 1+ null 0+
      numPartitions int32 5+ default -1
      replicationFactor int16 5+ default -1
      configs []struct 5+ null 5+
        name string 5+
        value string 5+ null 5+
        readOnly bool 5+
        configSource int8 5+ default -1
        isSensitive bool 5+
20 DeleteTopics flexible 4+
  request
    topics []struct 6+
      name string 6+ null 6+ default null
      topicId uuid 6+
    topicNames []string 0-5
    timeoutMs int32 0+
  response
    throttleTimeMs int32 1+
    responses []struct 0+
      name string 0+ null 6+
      topicId uuid 6+
      errorCode int16 0+
      errorMessage string 5+ null 5+ default null
21 DeleteRecords flexible 2+
  request
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        offset int64 0+
    timeoutMs int32 0+
  response
    throttleTimeMs int32 0+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        lowWatermark int64 0+
        errorCode int16 0+
22 InitProducerId flexible 2+
  request
    transactionalId string 0+ null 0+
    transactionTimeoutMs int32 0+
    producerId int64 3+ default -1
    producerEpoch int16 3+ default -1
  response
    throttleTimeMs int32 0+
    errorCode int16 0+
    producerId int64 0+ default -1
    producerEpoch int16 0+
23 OffsetForLeaderEpoch flexible 4+
  request
    replicaId int32 3+ default -2
    topics []struct 0+
      topic string 0+
      partitions []struct 0+
        partition int32 0+
        currentLeaderEpoch int32 2+ default -1
        leaderEpoch int32 0+
  response
    throttleTimeMs int32 2+
    topics []struct 0+
      topic string 0+
      partitions []struct 0+
        errorCode int16 0+
        partition int32 0+
        leaderEpoch int32 1+ default -1
        endOffset int64 0+ default -1
24 AddPartitionsToTxn flexible 3+
  request
    transactionalId string 0+
    producerId int64 0+
    producerEpoch int16 0+
    topics []struct 0+
      name string 0+
      partitions []int32 0+
  response
    throttleTimeMs int32 0+
    results []struct 0+
      name string 0+
      results []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
25 AddOffsetsToTxn flexible 3+
  request
    transactionalId string 0+
    producerId int64 0+
    producerEpoch int16 0+
    groupId string 0+
  response
    throttleTimeMs int32 0+
    errorCode int16 0+
26 EndTxn flexible 3+
  request
    transactionalId string 0+
    producerId int64 0+
    producerEpoch int16 0+
    committed bool 0+
  response
    throttleTimeMs int32 0+
    errorCode int16 0+
28 TxnOffsetCommit flexible 3+
  request
    transactionalId string 0+
    groupId string 0+
    producerId int64 0+
    producerEpoch int16 0+
    generationId int32 3+ default -1
    memberId string 3+
    groupInstanceId string 3+ null 3+ default null
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        committedOffset int64 0+
        committedLeaderEpoch int32 2+ default -1
        committedMetadata string 0+ null 0+
  response
    throttleTimeMs int32 0+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
32 DescribeConfigs flexible 4+
  request
    resources []struct 0+
      resourceType int8 0+
      resourceName string 0+
      configurationKeys []string 0+ null 0+
    includeSynonyms bool 1+
    includeDocumentation bool 3+
  response
    throttleTimeMs int32 0+
    results []struct 0+
      errorCode int16 0+
      errorMessage string 0+ null 0+
      resourceType int8 0+
      resourceName string 0+
      configs []struct 0+
        name string 0+
        value string 0+ null 0+
        readOnly bool 0+
        isDefault bool 0
        configSource int8 1+ default -1
        isSensitive bool 0+
        synonyms []struct 1+
          name string 1+
          value string 1+ null 0+
          source int8 1+
        configType int8 3+
        documentation string 3+ null 0+
33 AlterConfigs flexible 2+
  request
    resources []struct 0+
      resourceType int8 0+
      resourceName string 0+
      configs []struct 0+
        name string 0+
        value string 0+ null 0+
    validateOnly bool 0+
  response
    throttleTimeMs int32 0+
    responses []struct 0+
      errorCode int16 0+
      errorMessage string 0+ null 0+
      resourceType int8 0+
      resourceName string 0+
37 CreatePartitions flexible 2+
  request
    topics []struct 0+
      name string 0+
      count int32 0+
      assignments []struct 0+ null 0+
        brokerIds []int32 0+
    timeoutMs int32 0+
    validateOnly bool 0+
  response
    throttleTimeMs int32 0+
    results []struct 0+
      name string 0+
      errorCode int16 0+
      errorMessage string 0+ null 0+ default null
42 DeleteGroups flexible 2+
  request
    groupsNames []string 0+
  response
    throttleTimeMs int32 0+
    results []struct 0+
      groupId string 0+
      errorCode int16 0+
44 IncrementalAlterConfigs flexible 1+
  request
    resources []struct 0+
      resourceType int8 0+
      resourceName string 0+
      configs []struct 0+
        name string 0+
        configOperation int8 0+
        value string 0+ null 0+
    validateOnly bool 0+
  response
    throttleTimeMs int32 0+
    responses []struct 0+
      errorCode int16 0+
      errorMessage string 0+ null 0+
      resourceType int8 0+
      resourceName string 0+
47 OffsetDelete flexible none
  request
    groupId string 0+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
  response
    errorCode int16 0+
    throttleTimeMs int32 0+
    topics []struct 0+
      name string 0+
      partitions []struct 0+
        partitionIndex int32 0+
        errorCode int16 0+
60 DescribeCluster flexible 0+
  request
    includeClusterAuthorizedOperations bool 0+
  response
    throttleTimeMs int32 0+
    errorCode int16 0+
    errorMessage string 0+ null 0+ default null
    clusterId string 0+
    controllerId int32 0+ default -1
    brokers []struct 0+
      brokerId int32 0+
      host string 0+
      port int32 0+
      rack string 0+ null 0+ default null
    clusterAuthorizedOperations int32 0+ default -2147483648
`;
