(** The longest path that ends at a vertex of a directed acyclic graph, as a depth.

    Vertices are numbered so that parents come first.  [depth] counts the vertices of the longest path that ends at
    a vertex; it grows along every edge, and no path is longer than the bound that the paths have. *)

From Coq Require Import Arith Lia.

(** The largest of F 0, ..., F (n - 1), or 0 if n = 0. *)
Fixpoint max_below (n : nat) (F : nat -> nat) : nat :=
  match n with O => 0 | S m => Nat.max (max_below m F) (F m) end.

Lemma max_below_ext : forall n F G, (forall c, c < n -> F c = G c) -> max_below n F = max_below n G.
Proof.
  induction n as [|n IH]; intros F G H; simpl; [reflexivity|].
  rewrite (IH F G) by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma max_below_bound : forall n F c, c < n -> F c <= max_below n F.
Proof.
  induction n as [|n IH]; intros F c Hc; [lia|]. simpl.
  destruct (Nat.eq_dec c n) as [->|Hne]; [lia|]. specialize (IH F c ltac:(lia)). lia.
Qed.

Lemma max_below_attained : forall n F, max_below n F = 0 \/ exists c, c < n /\ max_below n F = F c.
Proof.
  induction n as [|n IH]; intro F; simpl; [now left|].
  destruct (Nat.max_dec (max_below n F) (F n)) as [->| ->].
  - destruct (IH F) as [H|[c [Hc H]]]; [now left | right; exists c; split; [lia | exact H]].
  - right. exists n. split; [lia | reflexivity].
Qed.

Section Graph.
  Variable n : nat.
  Variable parent : nat -> nat -> bool.
  Hypothesis parents_first : forall u v, parent u v = true -> u < v.

  (** [path k v]: a path of k vertices ends at v. *)
  Inductive path : nat -> nat -> Prop :=
  | single : forall v, path 1 v
  | longer : forall k u v, path k u -> parent u v = true -> path (S k) v.
  (** The recursion is along [fuel], more than v of which changes nothing. *)
  Fixpoint longest (fuel v : nat) : nat :=
    match fuel with
    | O => 0
    | S k => S (max_below v (fun u => if parent u v then longest k u else 0))
    end.
  Definition depth (v : nat) : nat := longest n v.

  Lemma longest_enough : forall k v, v < k -> longest (S k) v = longest k v.
  Proof.
    induction k as [|k IH]; intros v Hv; [lia|].
    change (longest (S (S k)) v) with (S (max_below v (fun u => if parent u v then longest (S k) u else 0))).
    simpl. f_equal. apply max_below_ext. intros u Hu.
    destruct (parent u v); [|reflexivity]. apply IH. lia.
  Qed.

  Lemma longest_is_path : forall k v, v < k -> path (longest k v) v.
  Proof.
    induction k as [|k IH]; intros v Hv; [lia|]. simpl.
    destruct (max_below_attained v (fun u => if parent u v then longest k u else 0)) as [->|[u [Hu ->]]].
    - apply single.
    - destruct (parent u v) eqn:Hp; [|apply single].
      apply longer with u; [apply IH; lia | exact Hp].
  Qed.

  Theorem depth_grows : forall u v, v < n -> parent u v = true -> depth u < depth v.
  Proof.
    intros u v Hv Hp. pose proof (parents_first u v Hp) as Hu. unfold depth.
    rewrite <- (longest_enough n v Hv). simpl. apply Nat.lt_succ_r.
    pose proof (max_below_bound v (fun u => if parent u v then longest n u else 0) u Hu) as H.
    simpl in H. now rewrite Hp in H.
  Qed.

  Theorem depth_in_range : forall L, (forall k v, v < n -> path k v -> k <= L) ->
    forall v, v < n -> 1 <= depth v <= L.
  Proof.
    intros L paths_bounded v Hv. unfold depth. split.
    - destruct n as [|m]; simpl; lia.
    - apply (paths_bounded _ v Hv). now apply longest_is_path.
  Qed.
End Graph.
