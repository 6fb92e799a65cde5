(** The stabilisation lemma.

    A synchronous system has variables [v], each with a state space [S v] of its own, and updates all of
    them at once.  If every variable has a rank of at least 1 and its update reads only variables of
    smaller rank, then after [k] steps the variables of rank at most [k] no longer depend on the initial
    state and no longer change. *)

From Coq Require Import Arith Lia.

Section Synchronous.
  Variable V : Type.
  Variable S : V -> Type.
  Definition state := forall v, S v.
  Variable update : forall v, state -> S v.
  Variable rank : V -> nat.
  Hypothesis rank_positive : forall v, 1 <= rank v.
  Hypothesis reads_smaller_ranks : forall v (x y : state),
    (forall w, rank w < rank v -> x w = y w) -> update v x = update v y.

  Definition step (x : state) : state := fun v => update v x.

  Fixpoint run (k : nat) (x : state) : state :=
    match k with
    | 0 => x
    | Datatypes.S j => step (run j x)
    end.

  (** Two runs from any two states agree in the variables of rank at most [k] after [k] steps. *)
  Theorem stabilisation : forall k x y v, rank v <= k -> run k x v = run k y v.
  Proof.
    induction k as [|k IH]; intros x y v Hv.
    - pose proof (rank_positive v). lia.
    - apply reads_smaller_ranks. intros w Hw. apply IH. lia.
  Qed.

  Lemma run_step : forall k x, run k (step x) = step (run k x).
  Proof. induction k as [|k IH]; intro x; simpl; [reflexivity | now rewrite IH]. Qed.

  (** What has settled stays: one more step changes nothing. *)
  Theorem settled_stays : forall k x v, rank v <= k -> run (Datatypes.S k) x v = run k x v.
  Proof.
    intros k x v Hv. simpl. rewrite <- run_step. now apply stabilisation.
  Qed.

  Definition fixed_point (z : state) := forall v, update v z = z v.

  (** A fixed point is reached from everywhere, rank by rank. *)
  Theorem settles : forall z, fixed_point z -> forall k x v, rank v <= k -> run k x v = z v.
  Proof.
    intros z Hz k x v Hv. rewrite (stabilisation k x z v Hv). revert v Hv.
    induction k as [|k IH]; intros v Hv.
    - reflexivity.
    - simpl. unfold step. transitivity (update v z); [|apply Hz].
      apply reads_smaller_ranks. intros w Hw. apply IH. lia.
  Qed.

  (** If [T] bounds the ranks, [T] steps from any state reach a fixed point ... *)
  Theorem reaches_a_fixed_point : forall T, (forall v, rank v <= T) -> forall x, fixed_point (run T x).
  Proof. intros T HT x v. apply (settled_stays T x v (HT v)). Qed.

  (** ... and there is only one. *)
  Theorem fixed_point_unique : forall T, (forall v, rank v <= T) ->
    forall y z, fixed_point y -> fixed_point z -> forall v, y v = z v.
  Proof.
    intros T HT y z Hy Hz v. rewrite <- (settles y Hy T y v (HT v)). now apply settles.
  Qed.
End Synchronous.
